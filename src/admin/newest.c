/* The room grows with what is there: a limit of thousands costs nothing where
 * there are ten. */
#include "admin/newest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 100 };

void newest_keep(struct newest *newest, const void *row)
{
    assert(newest->count < newest->limit);
    if (newest->count == newest->room && newest->fail == FAIL_NONE) {
        int64_t room = newest->room == 0 ? ROOM_FIRST : newest->room * 2;
        char *more = realloc(newest->rows, (size_t)room * newest->size);

        if (more == NULL) {
            newest->fail = FAIL_MEMORY;
        } else {
            newest->rows = more;
            newest->room = room;
        }
    }
    if (newest->fail == FAIL_NONE) {
        memcpy(newest->rows + (size_t)newest->count * newest->size, row, newest->size);
        newest->count++;
    }
}

bool newest_list(struct admin_call *call, struct newest *newest, admin_job *run, void *argument,
                 void (*show)(struct admin_call *call, const void *row))
{
    enum fail fail = admin_read(call, run, argument);

    fail = fail == FAIL_NONE ? newest->fail : fail;
    admin_open_list(call);
    while (newest->count > 0) {
        newest->count--;
        admin_open_row(call);
        show(call, newest->rows + (size_t)newest->count * newest->size);
        admin_close_row(call);
    }
    admin_close_list(call);
    free(newest->rows);
    return fail == FAIL_NONE || admin_refuse_fail(call, fail);
}

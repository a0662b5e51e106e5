/* GET /devices: filters, paging, and the array. */
#include <stdlib.h>
#include <string.h>

#include "api/device_json.h"
#include "api/devices.h"
#include "api/parameter.h"
#include "base/log.h"
#include "store/read.h"

enum {
    VALUE_SIZE = 64,
    LIST_BODY_MAX = 64 * 1024,
    OFFSET_MAX = 1000000000,
};

struct list_call {
    struct api_call *call;
    struct read_devices query;
};

static void paging_read(struct flaws *flaws, const char *query, struct read_devices *out)
{
    static const struct parameter_number LIMIT = {"limit", 1, READ_DEVICES_MAX,
                                                  "must be a whole number from 1 to 100"};
    static const struct parameter_number OFFSET = {"offset", 0, OFFSET_MAX,
                                                   "must be a whole number, 0 or more"};
    static const struct parameter_number PAGE = {"page", 0, OFFSET_MAX,
                                                 "must be a whole number, 0 or more"};
    uint64_t limit = READ_DEVICES_MAX;
    uint64_t offset = 0;
    uint64_t page = 0;
    bool offset_given;
    bool page_given;

    (void)parameter_number(flaws, query, &LIMIT, &limit);
    offset_given = parameter_number(flaws, query, &OFFSET, &offset);
    page_given = parameter_number(flaws, query, &PAGE, &page);
    if (offset_given && page_given && !flaws_exist(flaws)) {
        flaws_add(flaws, "offset", "and page cannot be used together");
    }
    out->limit = (unsigned)limit;
    out->offset = page_given ? (page > 1 ? page - 1 : 0) * limit : offset;
}

/* A part of a code: up to four of A-Z 0-9. A text that cannot be part of any
 * code finds nothing, which `*impossible` says. */
static void part_read(struct flaws *flaws, const char *query, char part[CODE_SIZE],
                      bool *impossible)
{
    char value[VALUE_SIZE];
    enum fail fail = http_query_find(slice_of(query), "code", value, sizeof(value));
    size_t i;

    part[0] = '\0';
    *impossible = false;
    if (fail == FAIL_NOT_FOUND) {
        return;
    }
    if (fail == FAIL_CONFLICT) {
        flaws_add(flaws, "code", "stands twice");
        return;
    }
    if (fail != FAIL_NONE || strlen(value) > CODE_LENGTH) {
        *impossible = true;
        return;
    }
    for (i = 0; value[i] != '\0'; i++) {
        char c = text_upper(value[i]);

        *impossible = *impossible || ((c < 'A' || c > 'Z') && (c < '0' || c > '9'));
        part[i] = c;
    }
    part[i] = '\0';
}

static void list_answer(struct api_call *call, const struct read_devices *query)
{
    struct buf body;
    size_t i;

    buf_init(&body, LIST_BODY_MAX);
    json_open_array(&body, NULL);
    for (i = 0; i < query->count; i++) {
        device_json_write(&body, query->rows[i].code, query->rows[i].created_ms);
    }
    json_close_array(&body);
    call_answer_buf(call, &body);
}

static void on_read(struct read_devices *query)
{
    struct list_call *list = LIST_ITEM(query, struct list_call, query);

    if (query->fail != FAIL_NONE) {
        log_event(LOG_ERROR, "devices.list_failed", log_text("why", fail_text(query->fail)));
        call_fail(list->call, 503, "The devices could not be read now. Try again in a moment.");
    } else {
        list_answer(list->call, query);
    }
    free(list);
}

static void handle(struct api_call *call)
{
    struct list_call *list = calloc(1, sizeof(*list));
    struct flaws flaws;
    bool impossible;

    if (list == NULL) {
        call_fail_memory(call);
        return;
    }
    flaws_init(&flaws, call->route->errors);
    paging_read(&flaws, call->query, &list->query);
    part_read(&flaws, call->query, list->query.code_part, &impossible);
    if (flaws_exist(&flaws) || impossible) {
        free(list);
        if (flaws_exist(&flaws)) {
            call_fail_flaws(call, &flaws);
        } else {
            list_answer(call, &(struct read_devices){.count = 0});
        }
        return;
    }
    list->call = call;
    list->query.business = call->grant.business;
    list->query.home = call->broker->loops[call->loop];
    list->query.done = on_read;
    read_devices_start(call->broker->store, &list->query);
}

const struct api_route api_device_list = {.needs = {ACCESS_READ, ACCESS_READ, PROCESSING_NONE},
                                          .errors = REPLY_ERRORS_ARRAY,
                                          .handle = handle};

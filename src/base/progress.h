/* For what takes long: it says now and then how far it is, and asks whether
 * it may go on. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    /* False: stop soon, with FAIL_CLOSED. On the thread of the work. Both
     * numbers are 0 where it is not known how far it is. */
    bool (*go_on)(void *context, int64_t done_bytes, int64_t total_bytes);
    void *context; /* borrowed */
};

/* NULL: nobody wants to know, and nobody stops it. */
static inline bool progress_go_on(const struct progress *progress, int64_t done_bytes,
                                  int64_t total_bytes)
{
    return progress == NULL || progress->go_on(progress->context, done_bytes, total_bytes);
}

#endif

/* Everything that is wrong with what was given, one sentence each: a person
 * mends a configuration in one go, not one start at a time. */
#ifndef CLI_PROBLEMS_H
#define CLI_PROBLEMS_H

#include <stddef.h>

#include "base/buf.h"

struct problems {
    struct buf lines; /* each ended; safe to show */
    size_t count;
};

void problems_init(struct problems *problems);
void problems_finish(struct problems *problems);

/* A sentence without a full stop. What there is no room for is counted. */
__attribute__((format(printf, 2, 3))) void problems_add(struct problems *problems,
                                                        const char *format, ...);
/* All of them to standard error, like output_trouble. */
void problems_print(const struct problems *problems);

#endif

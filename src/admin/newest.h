/* Lists that the store gives newest first, and that are shown newest last, where
 * people look. */
#ifndef ADMIN_NEWEST_H
#define ADMIN_NEWEST_H

#include "admin/call.h"

struct newest {
    size_t size;   /* of one row */
    int64_t limit; /* of rows */
    /* of the list; zeros at first */
    char *rows; /* owned */
    int64_t count;
    int64_t room;
    enum fail fail;
};

/* Keeps a copy of the row; where there is no memory, `fail` says so. */
void newest_keep(struct newest *newest, const void *row);
/* The rest of a verb `list`: reads by `run` in a job of the store, whose rows go
 * to newest_keep, and shows each by `show`, without its braces. Frees the rows. */
bool newest_list(struct admin_call *call, struct newest *newest, admin_job *run, void *argument,
                 void (*show)(struct admin_call *call, const void *row));

#endif

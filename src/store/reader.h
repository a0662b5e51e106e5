/* The readers: a few threads with a read-only connection each. Private to
 * store/. */
#ifndef STORE_READER_H
#define STORE_READER_H

#include <stddef.h>

#include "base/fail.h"
#include "store/damage.h"
#include "store/store.h"

struct readers;

enum { READERS_MAX = 16 };

/* `threads` 0: one connection, for readers_run alone. Borrows the damage. */
MUST_CHECK enum fail readers_create(struct readers **out, const char *path, unsigned threads,
                                    struct damage *damage);
/* Runs what is queued, stops the threads, sets the pointer NULL. Accepts NULL. */
void readers_destroy(struct readers **readers);

/* From any thread. FAIL_LIMIT, and the job is not taken, when the queue is full. */
MUST_CHECK enum fail readers_add(struct readers *readers, struct store_job *job);
/* On the calling thread, without `done`; only without threads. */
MUST_CHECK enum fail readers_run(struct readers *readers, struct store_job *job);
/* Jobs that no reader has begun. */
size_t readers_waiting(struct readers *readers);

#endif

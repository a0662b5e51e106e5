/* The one writer. Private to store/. */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include <stdbool.h>

#include "base/fail.h"
#include "store/damage.h"
#include "store/sqlite.h"
#include "store/store.h"

struct writer;

/* Borrows the connection and the damage; without a thread only writer_run is
 * used. */
MUST_CHECK enum fail writer_create(struct writer **out, struct store_tx *tx, struct damage *damage,
                                   bool thread);
/* Runs what is queued, stops the thread, sets the pointer NULL. Accepts NULL. */
void writer_destroy(struct writer **writer);

/* From any thread. FAIL_LIMIT, and the job is not taken, when the queue is full. */
MUST_CHECK enum fail writer_add(struct writer *writer, struct store_job *job);
/* A batch of this one job on the calling thread, without `done`. */
MUST_CHECK enum fail writer_run(struct writer *writer, struct store_job *job);

struct store_counters writer_counters(struct writer *writer);

#endif

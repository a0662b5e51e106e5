/* Two locked tables, of tokens and of devices. A caller that notes the same
 * thing again within the minute is to remember that itself and not ask for the
 * lock (access.c does, for each call of the API). */
#include "broker/usage.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/table.h"
#include "broker/broker.h"

enum usage_kind { USAGE_TOKENS, USAGE_DEVICES, USAGE_KINDS };

struct usage_note {
    int64_t id;
    int64_t business;
    int64_t at_ms;
};

/* The notes that one job writes; only one is under way at a time. */
struct usage_job {
    struct store_job job;
    struct usage *usage;
    struct table notes[USAGE_KINDS]; /* struct usage_note, owned */
};

struct usage {
    pthread_mutex_t lock;
    struct table notes[USAGE_KINDS]; /* struct usage_note, owned; by lock */
    bool writing;                    /* `job` is the store's; by lock */
    int64_t written_ms;              /* monotonic; when it was last begun; by lock */
    struct usage_job job;
};

static uint64_t hash_id(int64_t id)
{
    return table_hash_of(&id, sizeof(id));
}

static bool match_id(const void *item, const void *key)
{
    return ((const struct usage_note *)item)->id == *(const int64_t *)key;
}

static uint64_t item_hash(const void *item)
{
    return hash_id(((const struct usage_note *)item)->id);
}

static void notes_init(struct table notes[USAGE_KINDS])
{
    int kind;

    for (kind = 0; kind < USAGE_KINDS; kind++) {
        table_init(&notes[kind], USAGE_NOTES_MAX, match_id, item_hash);
    }
}

static void notes_drop(struct table notes[USAGE_KINDS])
{
    int kind;

    for (kind = 0; kind < USAGE_KINDS; kind++) {
        struct usage_note *note;
        size_t at = 0;

        while ((note = table_each(&notes[kind], &at)) != NULL) {
            free(note);
        }
        table_finish(&notes[kind]);
    }
}

enum fail usage_create(struct usage **out)
{
    struct usage *usage = calloc(1, sizeof(*usage));

    if (usage == NULL) {
        return FAIL_MEMORY;
    }
    pthread_mutex_init(&usage->lock, NULL);
    notes_init(usage->notes);
    notes_init(usage->job.notes);
    usage->job.usage = usage;
    usage->written_ms = clock_monotonic_ms();
    *out = usage;
    return FAIL_NONE;
}

void usage_destroy(struct usage **usage)
{
    if (*usage == NULL) {
        return;
    }
    assert(!(*usage)->writing);
    notes_drop((*usage)->notes);
    notes_drop((*usage)->job.notes);
    pthread_mutex_destroy(&(*usage)->lock);
    free(*usage);
    *usage = NULL;
}

/* --- Writing -------------------------------------------------------------- */

/* A token that was removed meanwhile is no failure. */
static enum fail note_write(struct store_tx *tx, int kind, const struct usage_note *note)
{
    enum fail fail = kind == USAGE_TOKENS
                         ? store_token_used(tx, note->business, note->id, note->at_ms)
                         : store_device_seen(tx, note->business, note->id, note->at_ms);

    return fail == FAIL_NOT_FOUND ? FAIL_NONE : fail;
}

static enum fail notes_write(struct store_tx *tx, const struct table notes[USAGE_KINDS])
{
    enum fail fail = store_moment_set(tx, clock_wall_ms());
    int kind;

    for (kind = 0; kind < USAGE_KINDS; kind++) {
        const struct usage_note *note;
        size_t at = 0;

        while (fail == FAIL_NONE && (note = table_each(&notes[kind], &at)) != NULL) {
            fail = note_write(tx, kind, note);
        }
    }
    return fail;
}

static enum fail job_run(struct store_job *job, struct store_tx *tx)
{
    return notes_write(tx, LIST_ITEM(job, struct usage_job, job)->notes);
}

/* Notes that could not be written are dropped: the next minute brings others. */
static void job_done(struct store_job *job, enum fail fail)
{
    struct usage_job *own = LIST_ITEM(job, struct usage_job, job);
    struct usage *usage = own->usage;

    (void)fail;
    notes_drop(own->notes);
    pthread_mutex_lock(&usage->lock);
    usage->writing = false;
    pthread_mutex_unlock(&usage->lock);
}

/* Under the lock. */
static bool notes_are_any(const struct usage *usage)
{
    return usage->notes[USAGE_TOKENS].count > 0 || usage->notes[USAGE_DEVICES].count > 0;
}

/* Under the lock: the notes are the other's. */
static void notes_move(struct usage *usage, struct table notes[USAGE_KINDS])
{
    memcpy(notes, usage->notes, sizeof(usage->notes));
    notes_init(usage->notes);
}

/* Under the lock: moves the notes to the job, when it is time. */
static bool job_take(struct broker *broker, struct usage *usage, int64_t now_ms)
{
    if (usage->writing || !notes_are_any(usage) || broker_is_stopping(broker) ||
        now_ms - usage->written_ms < USAGE_MINUTE_MS) {
        return false;
    }
    notes_move(usage, usage->job.notes);
    usage->writing = true;
    usage->written_ms = now_ms;
    usage->job.job.run = job_run;
    usage->job.job.done = job_done;
    return true;
}

/* --- Noting --------------------------------------------------------------- */

/* Under the lock. Without memory or room the note is lost. */
static void note_put(struct table *notes, int64_t business, int64_t id)
{
    int64_t at_ms = clock_wall_ms() / USAGE_MINUTE_MS * USAGE_MINUTE_MS;
    struct usage_note *note = table_find(notes, hash_id(id), &id);

    if (note != NULL) {
        note->at_ms = at_ms;
        return;
    }
    note = malloc(sizeof(*note));
    if (note == NULL) {
        return;
    }
    *note = (struct usage_note){.id = id, .business = business, .at_ms = at_ms};
    if (table_add(notes, note) != FAIL_NONE) {
        free(note);
    }
}

static void usage_put(struct broker *broker, unsigned loop, enum usage_kind kind,
                      const struct usage_note *note)
{
    struct usage *usage = broker->usage;
    int64_t now_ms = clock_monotonic_ms();
    bool write;

    pthread_mutex_lock(&usage->lock);
    note_put(&usage->notes[kind], note->business, note->id);
    write = job_take(broker, usage, now_ms);
    pthread_mutex_unlock(&usage->lock);
    if (write) {
        broker_write(broker, &usage->job.job, loop);
    }
}

void usage_token(struct broker *broker, unsigned loop, int64_t business, int64_t token)
{
    usage_put(broker, loop, USAGE_TOKENS, &(struct usage_note){.business = business, .id = token});
}

void usage_device(struct broker *broker, unsigned loop, int64_t business, int64_t device)
{
    usage_put(broker, loop, USAGE_DEVICES,
              &(struct usage_note){.business = business, .id = device});
}

void usage_tick(struct broker *broker, unsigned loop)
{
    struct usage *usage = broker->usage;
    int64_t now_ms = clock_monotonic_ms();
    bool write;

    pthread_mutex_lock(&usage->lock);
    write = job_take(broker, usage, now_ms);
    pthread_mutex_unlock(&usage->lock);
    if (write) {
        broker_write(broker, &usage->job.job, loop);
    }
}

struct usage_wait {
    struct store_job job;
    struct table notes[USAGE_KINDS];
};

static enum fail wait_run(struct store_job *job, struct store_tx *tx)
{
    return notes_write(tx, LIST_ITEM(job, struct usage_wait, job)->notes);
}

enum fail usage_write(struct broker *broker)
{
    struct usage *usage = broker->usage;
    struct usage_wait wait = {.job.run = wait_run};
    bool write;
    enum fail fail;

    pthread_mutex_lock(&usage->lock);
    write = notes_are_any(usage) || broker_is_stopping(broker);
    notes_move(usage, wait.notes);
    pthread_mutex_unlock(&usage->lock);
    fail = write ? store_write_wait(broker->store, &wait.job) : FAIL_NONE;
    notes_drop(wait.notes);
    return fail;
}

/* One locked table of the devices that were conspicuous lately. A device is in
 * it for what it did, not because it is connected: it stays small. */
#include "broker/conflict.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/table.h"
#include "broker/broker.h"

struct counter conflict_old_credentials;
struct counter conflict_replacements;

struct watched {
    int64_t device;
    int64_t since_ms; /* of the replacements that are counted; monotonic */
    unsigned replaced;
    bool told;
    int64_t told_ms; /* monotonic; when `told` */
};

struct conflict_table {
    pthread_mutex_t lock;
    struct table devices; /* struct watched, owned; by lock */
};

static uint64_t hash_device(int64_t device)
{
    return table_hash_of(&device, sizeof(device));
}

static bool match_device(const void *item, const void *key)
{
    return ((const struct watched *)item)->device == *(const int64_t *)key;
}

static uint64_t item_hash(const void *item)
{
    return hash_device(((const struct watched *)item)->device);
}

enum fail conflict_table_create(struct conflict_table **out)
{
    struct conflict_table *table = calloc(1, sizeof(*table));

    if (table == NULL) {
        return FAIL_MEMORY;
    }
    pthread_mutex_init(&table->lock, NULL);
    table_init(&table->devices, CONFLICT_DEVICES_MAX, match_device, item_hash);
    *out = table;
    return FAIL_NONE;
}

static void devices_forget(struct conflict_table *table)
{
    struct watched *watched;
    size_t at = 0;

    while ((watched = table_each(&table->devices, &at)) != NULL) {
        free(watched);
    }
    table_finish(&table->devices);
}

void conflict_table_destroy(struct conflict_table **table)
{
    if (*table == NULL) {
        return;
    }
    devices_forget(*table);
    pthread_mutex_destroy(&(*table)->lock);
    free(*table);
    *table = NULL;
}

/* Under the lock. NULL without memory: then nothing is told. */
static struct watched *device_watch(struct conflict_table *table, int64_t device)
{
    struct watched *watched = table_find(&table->devices, hash_device(device), &device);

    if (watched != NULL) {
        return watched;
    }
    if (table->devices.count >= CONFLICT_DEVICES_MAX) {
        devices_forget(table);
    }
    watched = calloc(1, sizeof(*watched));
    if (watched == NULL) {
        return NULL;
    }
    watched->device = device;
    if (table_add(&table->devices, watched) != FAIL_NONE) {
        free(watched);
        return NULL;
    }
    return watched;
}

/* Under the lock: whether it is time to tell. */
static bool tell_now(struct watched *watched, int64_t now_ms)
{
    if (watched->told && now_ms - watched->told_ms < CONFLICT_WINDOW_MS) {
        return false;
    }
    watched->told = true;
    watched->told_ms = now_ms;
    return true;
}

/* --- The audit ------------------------------------------------------------ */

struct conflict_note {
    struct store_job job;
    int64_t at_ms;
    int64_t business;
    char subject[AUDIT_WORDS_SIZE];
    const char *detail; /* static */
};

static enum fail note_run(struct store_job *job, struct store_tx *tx)
{
    struct conflict_note *note = LIST_ITEM(job, struct conflict_note, job);

    return store_audit_add(tx, &(struct store_audit){.at_ms = note->at_ms,
                                                     .business = note->business,
                                                     .actor = "tillwire",
                                                     .action = "device.conflict",
                                                     .subject = note->subject,
                                                     .detail = note->detail});
}

/* A failure has been logged by who makes it known; the log has the event. */
static void note_done(struct store_job *job, enum fail fail)
{
    (void)fail;
    free(LIST_ITEM(job, struct conflict_note, job));
}

struct conflict {
    int64_t device;
    int64_t business;
    const char *code; /* "" without one */
    const char *why;  /* static; for the log */
    const char *detail;
};

static void conflict_tell(struct broker *broker, unsigned loop, const struct conflict *conflict)
{
    struct conflict_note *note = calloc(1, sizeof(*note));

    log_event(LOG_WARNING, "device.conflict", log_number("business", conflict->business),
              log_text("code", conflict->code), log_text("why", conflict->why));
    if (note == NULL) {
        log_event(LOG_ERROR, "memory.short", log_text("where", "audit of a conflict"));
        return;
    }
    note->at_ms = clock_wall_ms();
    note->business = conflict->business;
    note->detail = conflict->detail;
    (void)text_format(note->subject, sizeof(note->subject), "device %s", conflict->code);
    note->job.run = note_run;
    note->job.done = note_done;
    broker_write(broker, &note->job, loop);
}

/* --- What was seen -------------------------------------------------------- */

void conflict_old_credential(struct broker *broker, unsigned loop, const struct device *device)
{
    struct conflict_table *table = broker->conflicts;
    struct watched *watched;
    bool tell;

    pthread_mutex_lock(&table->lock);
    watched = device_watch(table, device->id);
    tell = watched != NULL && tell_now(watched, clock_monotonic_ms());
    pthread_mutex_unlock(&table->lock);
    if (tell) {
        counter_add(&conflict_old_credentials, 1);
        conflict_tell(broker, loop,
                      &(struct conflict){.device = device->id,
                                         .business = device->business,
                                         .code = device->code,
                                         .why = device->has_credential ? "dropped" : "retired",
                                         .detail = device->has_credential
                                                       ? "a credential was shown that another one "
                                                         "had taken the place of"
                                                       : "a credential was shown that had been "
                                                         "retired"});
    }
}

void conflict_replaced(struct broker *broker, const struct presence *presence)
{
    struct conflict_table *table = broker->conflicts;
    int64_t now_ms = clock_monotonic_ms();
    struct watched *watched;
    bool tell = false;

    pthread_mutex_lock(&table->lock);
    watched = device_watch(table, presence->device);
    if (watched != NULL) {
        if (watched->replaced == 0 || now_ms - watched->since_ms >= CONFLICT_WINDOW_MS) {
            watched->since_ms = now_ms;
            watched->replaced = 0;
        }
        watched->replaced++;
        tell = watched->replaced >= CONFLICT_REPLACED_MAX && tell_now(watched, now_ms);
    }
    pthread_mutex_unlock(&table->lock);
    if (tell) {
        counter_add(&conflict_replacements, 1);
        conflict_tell(broker, presence->loop,
                      &(struct conflict){.device = presence->device,
                                         .business = presence->business,
                                         .code = presence->code,
                                         .why = "replaced",
                                         .detail = "connections of this device took each other's "
                                                   "place three times in a minute"});
    }
}

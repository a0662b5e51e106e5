/* Entries without a call under way stand in a list in the order of their last
 * call; whoever enters forgets the first ones that have been quiet for long,
 * so that there are never more than were busy of late. */
#include "broker/rate.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

enum {
    FORGOTTEN_AT_ONCE = 2, /* for each that enters: the table shrinks faster than it grows */
    SAID_EVERY_MS = 60000, /* that a business is refused */
};

struct counter rate_refused_concurrent;
struct counter rate_refused_minute;
struct counter rate_refused_hour;

struct rate_entry {
    struct list_link quiet; /* in rate_table->quiet */
    int64_t business;
    int64_t last_ms;
    int64_t said_ms; /* when the log last said that it was refused; -SAID_EVERY_MS at first */
    struct rate_meter meter;
};

static bool match_business(const void *item, const void *key)
{
    return ((const struct rate_entry *)item)->business == *(const int64_t *)key;
}

static uint64_t hash_business(const void *item)
{
    const struct rate_entry *entry = item;

    return table_hash_of(&entry->business, sizeof(entry->business));
}

void rate_table_init(struct rate_table *table, size_t limit)
{
    pthread_mutex_init(&table->lock, NULL);
    table_init(&table->businesses, limit, match_business, hash_business);
    list_init(&table->quiet);
    table->limit = limit;
}

static void forget(struct rate_table *table, struct rate_entry *entry)
{
    list_remove(&entry->quiet);
    table_remove(&table->businesses, entry);
    free(entry);
}

void rate_table_finish(struct rate_table *table)
{
    struct list_link *link;

    while ((link = list_first(&table->quiet)) != NULL) {
        forget(table, LIST_ITEM(link, struct rate_entry, quiet));
    }
    assert(table->businesses.count == 0); /* else a call is still under way */
    table_finish(&table->businesses);
    pthread_mutex_destroy(&table->lock);
}

static void forget_quiet(struct rate_table *table, int64_t now_ms)
{
    unsigned i;

    for (i = 0; i < FORGOTTEN_AT_ONCE; i++) {
        struct list_link *link = list_first(&table->quiet);
        struct rate_entry *entry;

        if (link == NULL) {
            return;
        }
        entry = LIST_ITEM(link, struct rate_entry, quiet);
        if (now_ms - entry->last_ms < RATE_FORGET_MS && table->businesses.count < table->limit) {
            return;
        }
        forget(table, entry);
    }
}

static enum fail entry_of(struct rate_table *table, int64_t business, int64_t now_ms,
                          struct rate_entry **out)
{
    struct rate_entry *entry =
        table_find(&table->businesses, table_hash_of(&business, sizeof(business)), &business);
    enum fail fail;

    if (entry != NULL) {
        *out = entry;
        return FAIL_NONE;
    }
    forget_quiet(table, now_ms);
    entry = calloc(1, sizeof(*entry));
    if (entry == NULL) {
        return FAIL_MEMORY;
    }
    entry->business = business;
    entry->said_ms = -SAID_EVERY_MS;
    fail = table_add(&table->businesses, entry);
    if (fail != FAIL_NONE) {
        free(entry);
        return fail;
    }
    *out = entry;
    return FAIL_NONE;
}

/* True when the log shall say it now. */
static bool refused(struct rate_entry *entry, enum rate_answer answer, int64_t now_ms)
{
    counter_add(answer == RATE_CONCURRENT ? &rate_refused_concurrent
                : answer == RATE_MINUTE   ? &rate_refused_minute
                                          : &rate_refused_hour,
                1);
    if (now_ms - entry->said_ms < SAID_EVERY_MS) {
        return false;
    }
    entry->said_ms = now_ms;
    return true;
}

static void say(int64_t business, enum rate_answer answer)
{
    log_event(LOG_WARNING, "rate.refused", log_number("business", business),
              log_text("limit", answer == RATE_CONCURRENT ? "concurrent"
                                : answer == RATE_MINUTE   ? "minute"
                                                          : "hour"));
}

enum fail rate_enter(struct rate_table *table, int64_t business, const struct rate_limits *limits,
                     struct rate_place *place, struct rate_verdict *verdict)
{
    int64_t now_ms = clock_monotonic_ms();
    struct rate_entry *entry = NULL;
    bool say_so = false;
    enum fail fail;

    pthread_mutex_lock(&table->lock);
    fail = entry_of(table, business, now_ms, &entry);
    if (fail == FAIL_NONE) {
        *verdict = rate_ask(&entry->meter, limits, now_ms);
        list_remove(&entry->quiet);
        if (verdict->answer == RATE_ADMITTED) {
            entry->last_ms = now_ms;
            place->entry = entry;
        } else {
            say_so = refused(entry, verdict->answer, now_ms);
        }
        if (entry->meter.under_way == 0) {
            list_push_back(&table->quiet, &entry->quiet);
        }
    }
    pthread_mutex_unlock(&table->lock);
    if (say_so) {
        say(business, verdict->answer);
    }
    return fail;
}

void rate_leave(struct rate_table *table, struct rate_place *place)
{
    struct rate_entry *entry = place->entry;

    if (entry == NULL) {
        return;
    }
    place->entry = NULL;
    pthread_mutex_lock(&table->lock);
    rate_end(&entry->meter);
    if (entry->meter.under_way == 0) {
        list_push_back(&table->quiet, &entry->quiet);
    }
    pthread_mutex_unlock(&table->lock);
}

size_t rate_table_count(struct rate_table *table)
{
    size_t count;

    pthread_mutex_lock(&table->lock);
    count = table->businesses.count;
    pthread_mutex_unlock(&table->lock);
    return count;
}

/* The table of watches: a fixed number of short lists, so that a watch is added
 * and told without an allocation. */
#include "broker/payment_watch.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/table.h"
#include "broker/broker.h"

enum { WATCH_LISTS = 1024 };

struct payment_watch_table {
    pthread_mutex_t lock;
    size_t count;
    struct list lists[WATCH_LISTS]; /* struct payment_watch, by their payment */
};

enum fail payment_watch_table_create(struct payment_watch_table **out)
{
    struct payment_watch_table *table = calloc(1, sizeof(*table));
    size_t i;

    if (table == NULL) {
        return FAIL_MEMORY;
    }
    pthread_mutex_init(&table->lock, NULL);
    for (i = 0; i < WATCH_LISTS; i++) {
        list_init(&table->lists[i]);
    }
    *out = table;
    return FAIL_NONE;
}

void payment_watch_table_destroy(struct payment_watch_table **table)
{
    if (*table == NULL) {
        return;
    }
    assert((*table)->count == 0); /* whoever waits was answered by broker_stop */
    pthread_mutex_destroy(&(*table)->lock);
    free(*table);
    *table = NULL;
}

static struct list *list_of(struct payment_watch_table *table, int64_t payment)
{
    return &table->lists[table_hash_of(&payment, sizeof(payment)) % WATCH_LISTS];
}

enum fail payment_watch_add(struct broker *broker, struct payment_watch *watch)
{
    struct payment_watch_table *table = broker->watches;
    enum fail fail = FAIL_NONE;

    assert(!list_holds(&watch->link) && !watch->posted);
    pthread_mutex_lock(&table->lock);
    if (table->count >= PAYMENT_WATCHES_MAX) {
        fail = FAIL_LIMIT;
    } else {
        watch->broker = broker;
        watch->ended = false;
        list_push_back(list_of(table, watch->payment), &watch->link);
        table->count++;
    }
    pthread_mutex_unlock(&table->lock);
    return fail;
}

bool payment_watch_remove(struct payment_watch *watch)
{
    struct payment_watch_table *table = watch->broker->watches;
    bool is_free;

    pthread_mutex_lock(&table->lock);
    assert(list_holds(&watch->link));
    list_remove(&watch->link);
    table->count--;
    watch->ended = true;
    is_free = !watch->posted;
    pthread_mutex_unlock(&table->lock);
    return is_free;
}

static void run_moved(struct task *task)
{
    struct payment_watch *watch = TASK_OWNER(task, struct payment_watch, task);
    struct payment_watch_table *table = watch->broker->watches;

    /* Before it is told: what is committed from here on posts it again. */
    pthread_mutex_lock(&table->lock);
    watch->posted = false;
    pthread_mutex_unlock(&table->lock);
    watch->moved(watch);
}

/* Under the lock. */
static void post(struct broker *broker, struct payment_watch *watch)
{
    if (watch->posted) {
        return;
    }
    watch->posted = true;
    watch->task.run = run_moved;
    executor_post(broker->loops[watch->loop], &watch->task);
}

/* Under the lock: of this payment; 0: of all. */
static void post_list(struct broker *broker, const struct list *list, int64_t payment)
{
    struct list_link *link;

    for (link = list_first(list); link != NULL; link = list_next(list, link)) {
        struct payment_watch *watch = LIST_ITEM(link, struct payment_watch, link);

        if (payment == 0 || watch->payment == payment) {
            post(broker, watch);
        }
    }
}

void payment_watch_tell(struct broker *broker, int64_t payment)
{
    struct payment_watch_table *table = broker->watches;

    pthread_mutex_lock(&table->lock);
    if (table->count > 0) {
        post_list(broker, list_of(table, payment), payment);
    }
    pthread_mutex_unlock(&table->lock);
}

void payment_watch_tell_all(struct broker *broker)
{
    struct payment_watch_table *table = broker->watches;
    size_t i;

    pthread_mutex_lock(&table->lock);
    for (i = 0; i < WATCH_LISTS; i++) {
        post_list(broker, &table->lists[i], 0);
    }
    pthread_mutex_unlock(&table->lock);
}

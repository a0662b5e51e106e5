/* The table of connected terminals: who is found, who replaces whom, and who
 * may free what. At the end several threads at once, as loops are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "broker/presence.h"

static struct presence_table table;
static struct presence *kicked; /* the last one */
static unsigned kicks;

static int setup(void **state)
{
    (void)state;
    presence_table_init(&table);
    kicked = NULL;
    kicks = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    presence_table_finish(&table);
    return 0;
}

static void on_kick(void *context, struct presence *old)
{
    assert_ptr_equal(context, &table);
    kicked = old;
    kicks++;
}

static struct presence entry_make(int64_t business, int64_t device, const char *code, unsigned loop)
{
    struct presence entry = {.business = business,
                             .device = device,
                             .created_ms = device * 100,
                             .loop = loop,
                             .listening = true};

    memcpy(entry.code, code, strlen(code) + 1);
    return entry;
}

static void add(struct presence *entry)
{
    assert_int_equal(presence_add(&table, entry, on_kick, &table), FAIL_NONE);
}

static struct presence *found(int64_t business, const char *text)
{
    char code[CODE_SIZE] = "";
    struct presence_view view;

    assert_int_equal(slice_copy(slice_of(text), code, sizeof(code)), FAIL_NONE);
    return presence_find(&table, business, code, &view) == FAIL_NONE ? view.entry : NULL;
}

static void what_was_added_is_found_with_all_that_others_need(void **state)
{
    struct presence entry = entry_make(1, 7, "JSV5", 3);
    struct presence_view view = {0};

    (void)state;
    assert_int_equal(presence_find(&table, 1, "JSV5", &view), FAIL_NOT_FOUND);
    add(&entry);
    assert_int_equal(presence_find(&table, 1, "JSV5", &view), FAIL_NONE);
    assert_ptr_equal(view.entry, &entry);
    assert_int_equal(view.loop, 3);
    assert_true(view.listening);
    assert_int_equal(view.created_ms, 700);
    assert_true(presence_has_device(&table, 7));
    assert_false(presence_has_device(&table, 8));
    assert_int_equal(presence_count(&table), 1);
    assert_int_equal(kicks, 0);
}

static void what_was_removed_is_not_found_and_may_be_freed(void **state)
{
    struct presence entry = entry_make(1, 7, "JSV5", 0);

    (void)state;
    add(&entry);
    assert_true(presence_remove(&table, &entry));
    assert_null(found(1, "JSV5"));
    assert_false(presence_has_device(&table, 7));
    assert_int_equal(presence_count(&table), 0);
    assert_true(presence_remove(&table, &entry)); /* again: nothing */
    add(&entry);
    assert_ptr_equal(found(1, "JSV5"), &entry);
}

static void another_business_with_the_same_code_is_not_found(void **state)
{
    struct presence ours = entry_make(1, 7, "JSV5", 0);
    struct presence theirs = entry_make(2, 8, "JSV5", 1);

    (void)state;
    add(&theirs);
    assert_null(found(1, "JSV5"));
    add(&ours);
    assert_ptr_equal(found(1, "JSV5"), &ours);
    assert_ptr_equal(found(2, "JSV5"), &theirs);
    assert_null(found(3, "JSV5"));
    assert_int_equal(kicks, 0);
    assert_true(presence_remove(&table, &ours));
    assert_null(found(1, "JSV5"));
    assert_ptr_equal(found(2, "JSV5"), &theirs);
}

/* So many that they stand in each other's places of the table. */
static void a_code_in_many_businesses_is_found_in_each(void **state)
{
    enum { BUSINESSES = 56 };
    static struct presence entries[BUSINESSES];
    unsigned i;

    (void)state;
    for (i = 0; i < BUSINESSES; i++) {
        entries[i] = entry_make(i + 1, i + 1, "JSV5", 0);
        add(&entries[i]);
    }
    for (i = 0; i < BUSINESSES; i++) {
        assert_ptr_equal(found(i + 1, "JSV5"), &entries[i]);
        assert_null(found(i + 1 + BUSINESSES, "JSV5"));
        assert_null(found(i + 1, "JSV6"));
    }
}

static void a_terminal_without_a_code_is_there_but_not_found(void **state)
{
    struct presence first = entry_make(1, 7, "", 0);
    struct presence second = entry_make(1, 8, "", 0);

    (void)state;
    add(&first);
    add(&second);
    assert_int_equal(presence_count(&table), 2);
    assert_true(presence_has_device(&table, 7));
    assert_null(found(1, ""));
    assert_true(presence_remove(&table, &first));
    assert_true(presence_has_device(&table, 8));
}

static void listening_is_switched_where_it_stands(void **state)
{
    struct presence entry = entry_make(1, 7, "JSV5", 0);
    struct presence_view view;

    (void)state;
    add(&entry);
    presence_set_listening(&table, &entry, false);
    assert_int_equal(presence_find(&table, 1, "JSV5", &view), FAIL_NONE);
    assert_false(view.listening);
    presence_set_listening(&table, &entry, true);
    assert_int_equal(presence_find(&table, 1, "JSV5", &view), FAIL_NONE);
    assert_true(view.listening);
}

static void a_second_connection_takes_the_place_of_the_first(void **state)
{
    struct presence first = entry_make(1, 7, "JSV5", 0);
    struct presence second = entry_make(1, 7, "JSV5", 1);

    (void)state;
    add(&first);
    add(&second);
    assert_int_equal(kicks, 1);
    assert_ptr_equal(kicked, &first);
    assert_ptr_equal(found(1, "JSV5"), &second);
    assert_int_equal(presence_count(&table), 1);
}

/* Its kick is a task on some list: freed now, it would be run after free. */
static void the_replaced_one_is_kept_until_its_kick_has_run(void **state)
{
    struct presence first = entry_make(1, 7, "JSV5", 0);
    struct presence second = entry_make(1, 7, "JSV5", 1);

    (void)state;
    add(&first);
    add(&second);
    assert_false(presence_remove(&table, &first));
    assert_ptr_equal(found(1, "JSV5"), &second); /* not taken out with it */
    presence_kick_ran(&table, &first);
    assert_true(presence_remove(&table, &first));
    assert_true(presence_remove(&table, &second));
    assert_int_equal(presence_count(&table), 0);
}

static void a_third_connection_kicks_only_the_second(void **state)
{
    struct presence entries[] = {entry_make(1, 7, "JSV5", 0), entry_make(1, 7, "JSV5", 1),
                                 entry_make(1, 7, "JSV5", 2)};

    (void)state;
    add(&entries[0]);
    add(&entries[1]);
    add(&entries[2]);
    assert_int_equal(kicks, 2);
    assert_ptr_equal(kicked, &entries[1]);
    assert_false(presence_remove(&table, &entries[0]));
    assert_false(presence_remove(&table, &entries[1]));
    assert_true(presence_remove(&table, &entries[2]));
}

static void a_full_table_takes_nobody_and_stays_whole(void **state)
{
    struct presence entries[] = {entry_make(1, 1, "AAAA", 0), entry_make(1, 2, "AAAB", 0),
                                 entry_make(1, 3, "AAAC", 0)};

    (void)state;
    assert_int_equal(table.by_device.limit, PRESENCE_MAX);
    assert_int_equal(table.by_code.limit, PRESENCE_MAX);
    table.by_code.limit = 2; /* the second of the two tables to be asked */
    add(&entries[0]);
    add(&entries[1]);
    assert_int_equal(presence_add(&table, &entries[2], on_kick, &table), FAIL_LIMIT);
    assert_int_equal(presence_count(&table), 2);
    assert_false(presence_has_device(&table, 3));
    assert_true(presence_remove(&table, &entries[2]));
    assert_true(presence_remove(&table, &entries[0]));
    add(&entries[2]);
    table.by_device.limit = 2;
    assert_int_equal(presence_add(&table, &entries[0], on_kick, &table), FAIL_LIMIT);
    assert_null(found(1, "AAAA"));
}

/* --- As loops do it -------------------------------------------------------- */

enum { HAMMERS = 4, DEVICES = 8, ROUNDS = 20000 };

/* One loop: it owns an entry for each device, as if each terminal had a
 * connection to each loop, and they replace each other all the time. */
struct hammer {
    struct executor mail;
    pthread_mutex_t lock;
    struct list kicks; /* by lock */
    unsigned number;
    uint32_t seed;
    struct presence entries[DEVICES];
    /* What the owner knows: is it in, and does it wait for its kick? */
    enum { OUT, IN, WAITS } places[DEVICES];
    unsigned replaced;
};

static struct hammer hammers[HAMMERS];
static atomic_uint all_kicks;

static void mail_post(struct executor *executor, struct task *task)
{
    struct hammer *hammer = LIST_ITEM(executor, struct hammer, mail);

    pthread_mutex_lock(&hammer->lock);
    list_push_back(&hammer->kicks, &task->link);
    pthread_mutex_unlock(&hammer->lock);
}

static void hammer_kick(void *context, struct presence *old)
{
    (void)context;
    atomic_fetch_add(&all_kicks, 1);
    executor_post(&hammers[old->loop].mail, &old->kick);
}

static void kick_run(struct task *task)
{
    struct presence *entry = LIST_ITEM(task, struct presence, kick);
    struct hammer *hammer = &hammers[entry->loop];

    presence_kick_ran(&table, entry);
    hammer->places[entry - hammer->entries] = OUT;
    hammer->replaced++;
}

static void mail_read(struct hammer *hammer)
{
    struct list taken;
    struct list_link *link;

    list_init(&taken);
    pthread_mutex_lock(&hammer->lock);
    list_move_all(&hammer->kicks, &taken);
    pthread_mutex_unlock(&hammer->lock);
    while ((link = list_pop_front(&taken)) != NULL) {
        struct task *task = LIST_ITEM(link, struct task, link);

        task->run(task);
    }
}

static uint32_t hammer_random(struct hammer *hammer)
{
    hammer->seed = hammer->seed * 1664525 + 1013904223;
    return hammer->seed >> 16;
}

static void hammer_step(struct hammer *hammer)
{
    uint32_t which = hammer_random(hammer) % DEVICES;
    struct presence *entry = &hammer->entries[which];
    struct presence_view view;

    switch (hammer_random(hammer) % 4) {
    case 0:
        if (hammer->places[which] == OUT &&
            presence_add(&table, entry, hammer_kick, NULL) == FAIL_NONE) {
            hammer->places[which] = IN;
        }
        break;
    case 1:
        if (hammer->places[which] == IN) {
            hammer->places[which] = presence_remove(&table, entry) ? OUT : WAITS;
        }
        break;
    case 2:
        presence_set_listening(&table, entry, hammer_random(hammer) % 2 == 0);
        break;
    default:
        if (presence_find(&table, 1, entry->code, &view) == FAIL_NONE &&
            view.loop == hammer->number) {
            /* Found on its own loop: it must be ours, and stay good. */
            if (view.entry != entry) {
                abort();
            }
        }
        break;
    }
    mail_read(hammer);
}

static void *hammer_run(void *argument)
{
    struct hammer *hammer = argument;
    unsigned i;

    for (i = 0; i < ROUNDS; i++) {
        hammer_step(hammer);
    }
    return NULL;
}

static void hammer_make(struct hammer *hammer, unsigned number)
{
    static const char *const codes[DEVICES] = {"AAAA", "AAAB", "AAAC", "AAAD",
                                               "AAAE", "AAAF", "AAAG", "AAAH"};
    unsigned i;

    *hammer = (struct hammer){.mail.post = mail_post, .number = number, .seed = number + 1};
    pthread_mutex_init(&hammer->lock, NULL);
    list_init(&hammer->kicks);
    for (i = 0; i < DEVICES; i++) {
        hammer->entries[i] = entry_make(1, (int64_t)i + 1, codes[i], number);
        hammer->entries[i].kick.run = kick_run;
    }
}

/* Takes one loop's share of the table out; returns how many were in. */
static size_t hammer_finish(struct hammer *hammer)
{
    size_t count = 0;
    unsigned i;

    mail_read(hammer); /* nobody adds any more, so no kick comes after it */
    for (i = 0; i < DEVICES; i++) {
        assert_int_not_equal(hammer->places[i], WAITS);
        assert_true(presence_remove(&table, &hammer->entries[i]));
        count += hammer->places[i] == IN;
    }
    pthread_mutex_destroy(&hammer->lock);
    return count;
}

static void loops_replace_each_other_without_losing_anybody(void **state)
{
    pthread_t threads[HAMMERS];
    size_t count;
    size_t in = 0;
    unsigned replaced = 0;
    unsigned i;

    (void)state;
    atomic_store(&all_kicks, 0);
    for (i = 0; i < HAMMERS; i++) {
        hammer_make(&hammers[i], i);
    }
    for (i = 0; i < HAMMERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, hammer_run, &hammers[i]), 0);
    }
    for (i = 0; i < HAMMERS; i++) {
        pthread_join(threads[i], NULL);
    }
    count = presence_count(&table);
    for (i = 0; i < HAMMERS; i++) {
        in += hammer_finish(&hammers[i]);
        replaced += hammers[i].replaced;
    }
    assert_int_equal(in, count);
    assert_int_equal(replaced, atomic_load(&all_kicks)); /* each kick ran once */
    assert_true(replaced > 0);
    assert_int_equal(presence_count(&table), 0);
}

#define PRESENCE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRESENCE_TEST(what_was_added_is_found_with_all_that_others_need),
        PRESENCE_TEST(what_was_removed_is_not_found_and_may_be_freed),
        PRESENCE_TEST(another_business_with_the_same_code_is_not_found),
        PRESENCE_TEST(a_code_in_many_businesses_is_found_in_each),
        PRESENCE_TEST(a_terminal_without_a_code_is_there_but_not_found),
        PRESENCE_TEST(listening_is_switched_where_it_stands),
        PRESENCE_TEST(a_second_connection_takes_the_place_of_the_first),
        PRESENCE_TEST(the_replaced_one_is_kept_until_its_kick_has_run),
        PRESENCE_TEST(a_third_connection_kicks_only_the_second),
        PRESENCE_TEST(a_full_table_takes_nobody_and_stays_whole),
        PRESENCE_TEST(loops_replace_each_other_without_losing_anybody),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

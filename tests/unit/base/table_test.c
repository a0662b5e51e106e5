/* The hash table against a plain array that remembers what it should hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/table.h"
#include "unit/wire/failing_memory.h"

enum { ITEMS = 500, STEPS = 40000 };

struct item {
    uint32_t key;
    bool inside; /* what the model says */
};

static bool match(const void *item, const void *key)
{
    return ((const struct item *)item)->key == *(const uint32_t *)key;
}

static uint64_t hash_well(const void *item)
{
    return table_hash_of(&((const struct item *)item)->key, sizeof(uint32_t));
}

/* Four homes only, the last of them at the end of the slots: long runs that
 * wrap around. */
static uint64_t hash_badly(const void *item)
{
    return UINT64_MAX - ((const struct item *)item)->key % 4;
}

static void number(struct item items[ITEMS])
{
    uint32_t i;

    for (i = 0; i < ITEMS; i++) {
        items[i] = (struct item){.key = i};
    }
}

static struct item *find(const struct table *table, table_hash *hash, uint32_t key)
{
    struct item asked = {.key = key};

    return table_find(table, hash(&asked), &key);
}

static void assert_agrees(const struct table *table, table_hash *hash, struct item items[ITEMS],
                          size_t count)
{
    size_t seen = 0;
    size_t at = 0;
    uint32_t i;

    for (i = 0; i < ITEMS; i++) {
        assert_ptr_equal(find(table, hash, i), items[i].inside ? &items[i] : NULL);
    }
    while (table_each(table, &at) != NULL) {
        seen++;
    }
    assert_int_equal(seen, count);
    assert_int_equal(table->count, count);
}

static void live(table_hash *hash, size_t items_used, size_t check_every)
{
    static struct item items[ITEMS];
    struct table table;
    size_t count = 0;
    size_t step;

    number(items);
    table_init(&table, ITEMS, match, hash);
    for (step = 0; step < STEPS; step++) {
        struct item *item = &items[id_random_below((uint32_t)items_used)];

        if (item->inside) {
            table_remove(&table, item);
            count--;
        } else {
            assert_int_equal(table_add(&table, item), FAIL_NONE);
            count++;
        }
        item->inside = !item->inside;
        if (step % check_every == 0) {
            assert_agrees(&table, hash, items, count);
        }
    }
    assert_agrees(&table, hash, items, count);
    table_finish(&table);
}

static void a_long_life_agrees_with_the_model(void **state)
{
    (void)state;
    live(hash_well, ITEMS, 97);
}

static void colliding_keys_agree_with_the_model(void **state)
{
    (void)state;
    live(hash_badly, 24, 7);
}

static void an_empty_table_finds_nothing(void **state)
{
    struct item item = {.key = 1};
    struct table table;
    size_t at = 0;

    (void)state;
    table_init(&table, 1, match, hash_well);
    assert_null(find(&table, hash_well, 1));
    assert_null(table_each(&table, &at));
    table_remove(&table, &item);
    table_finish(&table);
}

static void the_limit_can_be_reached_but_not_passed(void **state)
{
    static struct item items[ITEMS];
    struct table table;
    size_t i;

    (void)state;
    number(items);
    table_init(&table, 100, match, hash_well);
    for (i = 0; i < 100; i++) {
        assert_int_equal(table_add(&table, &items[i]), FAIL_NONE);
        items[i].inside = true;
    }
    assert_int_equal(table_add(&table, &items[100]), FAIL_LIMIT);
    assert_agrees(&table, hash_well, items, 100);
    table_remove(&table, &items[0]);
    assert_int_equal(table_add(&table, &items[100]), FAIL_NONE);
    table_finish(&table);
}

static void removing_goes_by_the_thing_not_by_its_key(void **state)
{
    struct item one = {.key = 1};
    struct item twin = {.key = 1};
    struct table table;

    (void)state;
    table_init(&table, 2, match, hash_well);
    assert_int_equal(table_add(&table, &one), FAIL_NONE);
    table_remove(&table, &twin);
    assert_ptr_equal(find(&table, hash_well, 1), &one);
    table_finish(&table);
}

static void a_finished_table_is_empty_and_may_be_used_again(void **state)
{
    struct item item = {.key = 1};
    struct table table;

    (void)state;
    table_init(&table, 1, match, hash_well);
    assert_int_equal(table_add(&table, &item), FAIL_NONE);
    table_finish(&table);
    assert_null(find(&table, hash_well, 1));
    assert_int_equal(table_add(&table, &item), FAIL_NONE);
    assert_ptr_equal(find(&table, hash_well, 1), &item);
    table_finish(&table);
}

static void each_refused_allocation_leaves_the_table_as_it_was(void **state)
{
    size_t successes;

    (void)state;
    for (successes = 0; successes < 4; successes++) {
        static struct item items[ITEMS];
        struct table table;
        enum fail fail = FAIL_NONE;
        size_t count = 0;

        number(items);
        table_init(&table, ITEMS, match, hash_well);
        failing_memory_start(successes);
        while (count < ITEMS && (fail = table_add(&table, &items[count])) == FAIL_NONE) {
            items[count++].inside = true;
        }
        failing_memory_stop();
        assert_int_equal(fail, FAIL_MEMORY);
        /* 7/8 of 16, 32, 64 slots */
        assert_int_equal(count, successes == 0 ? 0 : 7U << successes);
        assert_agrees(&table, hash_well, items, count);
        assert_int_equal(table_add(&table, &items[count]), FAIL_NONE);
        table_finish(&table);
    }
}

static void the_hash_of_the_same_bytes_stays_the_same(void **state)
{
    uint64_t first = table_hash_of("JSV5", 4);

    (void)state;
    id_start();
    assert_true(table_hash_of("JSV5", 4) == first);
    assert_true(table_hash_of("JSV6", 4) != first);
    assert_true(table_hash_of("JSV5", 3) != first);
    assert_true(table_hash_of("", 0) == table_hash_of("", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_life_agrees_with_the_model),
        cmocka_unit_test(colliding_keys_agree_with_the_model),
        cmocka_unit_test(an_empty_table_finds_nothing),
        cmocka_unit_test(the_limit_can_be_reached_but_not_passed),
        cmocka_unit_test(removing_goes_by_the_thing_not_by_its_key),
        cmocka_unit_test(a_finished_table_is_empty_and_may_be_used_again),
        cmocka_unit_test(each_refused_allocation_leaves_the_table_as_it_was),
        cmocka_unit_test(the_hash_of_the_same_bytes_stays_the_same),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The intrusive list against what a person would expect of a queue. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"

enum { THINGS = 4 };

struct thing {
    int number;
    struct list_link link;
};

/* The things' numbers from first to last, as one decimal number. */
static int order(const struct list *list)
{
    struct list_link *link;
    int digits = 0;

    for (link = list_first(list); link != NULL; link = list_next(list, link)) {
        digits = digits * 10 + LIST_ITEM(link, struct thing, link)->number;
    }
    return digits;
}

static void fill(struct list *list, struct thing things[THINGS])
{
    int i;

    list_init(list);
    for (i = 0; i < THINGS; i++) {
        things[i] = (struct thing){.number = i + 1};
        list_push_back(list, &things[i].link);
    }
}

static void a_new_list_is_empty(void **state)
{
    struct list list;

    (void)state;
    list_init(&list);
    assert_true(list_is_empty(&list));
    assert_null(list_first(&list));
    assert_null(list_pop_front(&list));
}

static void things_come_out_in_the_order_they_went_in(void **state)
{
    struct thing things[THINGS];
    struct list list;
    int i;

    (void)state;
    fill(&list, things);
    assert_false(list_is_empty(&list));
    for (i = 0; i < THINGS; i++) {
        assert_ptr_equal(list_pop_front(&list), &things[i].link);
        assert_false(list_holds(&things[i].link));
    }
    assert_true(list_is_empty(&list));
}

static void the_first_can_be_seen_without_taking_it(void **state)
{
    struct thing things[THINGS];
    struct list list;

    (void)state;
    fill(&list, things);
    assert_ptr_equal(list_first(&list), &things[0].link);
    assert_ptr_equal(list_first(&list), &things[0].link);
}

static void a_thing_can_leave_from_anywhere(void **state)
{
    struct thing things[THINGS];
    struct list list;

    (void)state;
    fill(&list, things);
    list_remove(&things[1].link);
    assert_int_equal(order(&list), 134);
    list_remove(&things[3].link);
    assert_int_equal(order(&list), 13);
    list_remove(&things[0].link);
    assert_int_equal(order(&list), 3);
    list_remove(&things[2].link);
    assert_true(list_is_empty(&list));
}

static void removing_twice_does_nothing(void **state)
{
    struct thing things[THINGS];
    struct list list;

    (void)state;
    fill(&list, things);
    list_remove(&things[1].link);
    list_remove(&things[1].link);
    assert_int_equal(order(&list), 134);
}

static void a_zeroed_thing_is_in_no_list(void **state)
{
    struct thing thing = {0};
    struct list list;

    (void)state;
    assert_false(list_holds(&thing.link));
    list_remove(&thing.link);
    list_init(&list);
    list_push_back(&list, &thing.link);
    assert_true(list_holds(&thing.link));
}

static void a_thing_may_come_back_at_the_end(void **state)
{
    struct thing things[THINGS];
    struct list list;

    (void)state;
    fill(&list, things);
    list_remove(&things[0].link);
    list_push_back(&list, &things[0].link);
    assert_int_equal(order(&list), 2341);
}

static void everything_moves_behind_what_is_there(void **state)
{
    struct thing these[THINGS];
    struct thing those[THINGS];
    struct list from;
    struct list to;

    (void)state;
    fill(&from, these);
    fill(&to, those);
    list_move_all(&from, &to);
    assert_true(list_is_empty(&from));
    assert_int_equal(order(&to), 12341234);
    list_move_all(&from, &to);
    assert_int_equal(order(&to), 12341234);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_list_is_empty),
        cmocka_unit_test(things_come_out_in_the_order_they_went_in),
        cmocka_unit_test(the_first_can_be_seen_without_taking_it),
        cmocka_unit_test(a_thing_can_leave_from_anywhere),
        cmocka_unit_test(removing_twice_does_nothing),
        cmocka_unit_test(a_zeroed_thing_is_in_no_list),
        cmocka_unit_test(a_thing_may_come_back_at_the_end),
        cmocka_unit_test(everything_moves_behind_what_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

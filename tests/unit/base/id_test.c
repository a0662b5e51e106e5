/* Randomness: even, replaceable, and in its alphabet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "base/id.h"

static const char ALPHABET[] = "abcdefghijkmnpqrstuvwxyz23456789";

/* Gives the bytes of a script, then zeros. */
struct script {
    unsigned char bytes[256];
    size_t at;
};

static void play(void *context, void *out, size_t length)
{
    struct script *script = context;
    size_t i;

    for (i = 0; i < length; i++) {
        ((unsigned char *)out)[i] =
            script->at < sizeof(script->bytes) ? script->bytes[script->at++] : 0;
    }
}

static void script_number(struct script *script, size_t place, uint32_t number)
{
    memcpy(script->bytes + place * sizeof(number), &number, sizeof(number));
}

static int restore(void **state)
{
    (void)state;
    id_replace(NULL, NULL);
    return 0;
}

static void random_bytes_differ_each_time(void **state)
{
    unsigned char a[32] = {0};
    unsigned char b[32] = {0};

    (void)state;
    id_random(a, sizeof(a));
    id_random(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
}

static void a_test_can_replace_the_source_and_bring_it_back(void **state)
{
    struct script script = {{1, 2, 3}, 0};
    unsigned char bytes[4];
    unsigned char after[32] = {0};
    static const unsigned char zeros[32];

    (void)state;
    id_replace(play, &script);
    id_random(bytes, sizeof(bytes));
    assert_memory_equal(bytes, "\1\2\3\0", sizeof(bytes));
    id_replace(NULL, NULL);
    id_random(after, sizeof(after));
    assert_memory_not_equal(after, zeros, sizeof(after));
}

static void a_number_stays_below_its_bound(void **state)
{
    bool seen[6] = {false};
    size_t i;

    (void)state;
    assert_int_equal(id_random_below(1), 0);
    for (i = 0; i < 10000; i++) {
        uint32_t number = id_random_below(6);

        assert_in_range(number, 0, 5);
        seen[number] = true;
    }
    for (i = 0; i < 6; i++) {
        assert_true(seen[i]);
    }
}

/* 2^32 is 4 more than a multiple of 6: four numbers are drawn again, so that
 * none of the six comes more often. */
static void numbers_that_would_favour_some_are_drawn_again(void **state)
{
    struct script script = {.at = 0};

    (void)state;
    script_number(&script, 0, 3);
    script_number(&script, 1, 0);
    script_number(&script, 2, 4);
    id_replace(play, &script);
    assert_int_equal(id_random_below(6), 4);
    assert_int_equal(script.at, 3 * sizeof(uint32_t));
}

static void a_bound_that_divides_evenly_draws_once(void **state)
{
    struct script script = {.at = 0};

    (void)state;
    script_number(&script, 0, UINT32_MAX);
    id_replace(play, &script);
    assert_int_equal(id_random_below(1 << 20), (1 << 20) - 1);
    assert_int_equal(script.at, sizeof(uint32_t));
}

static void the_largest_bound_works(void **state)
{
    struct script script = {.at = 0};

    (void)state;
    script_number(&script, 0, 0);
    script_number(&script, 1, UINT32_MAX);
    id_replace(play, &script);
    assert_int_equal(id_random_below(UINT32_MAX), 0);
}

static void a_text_has_its_length_and_its_alphabet(void **state)
{
    char text[65];

    (void)state;
    id_random_text(text, 0);
    assert_string_equal(text, "");
    memset(text, '!', sizeof(text));
    id_random_text(text, 63);
    assert_int_equal(strlen(text), 63);
    assert_int_equal(strspn(text, ALPHABET), 63);
    assert_int_equal(text[64], '!');
}

static void every_byte_makes_a_character_evenly(void **state)
{
    struct script script = {.at = 0};
    unsigned counts[256] = {0};
    char text[257];
    size_t i;

    (void)state;
    for (i = 0; i < 256; i++) {
        script.bytes[i] = (unsigned char)i;
    }
    id_replace(play, &script);
    id_random_text(text, 256);
    for (i = 0; i < 256; i++) {
        counts[(unsigned char)text[i]]++;
    }
    for (i = 0; ALPHABET[i] != '\0'; i++) {
        assert_int_equal(counts[(unsigned char)ALPHABET[i]], 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_bytes_differ_each_time),
        cmocka_unit_test_teardown(a_test_can_replace_the_source_and_bring_it_back, restore),
        cmocka_unit_test(a_number_stays_below_its_bound),
        cmocka_unit_test_teardown(numbers_that_would_favour_some_are_drawn_again, restore),
        cmocka_unit_test_teardown(a_bound_that_divides_evenly_draws_once, restore),
        cmocka_unit_test_teardown(the_largest_bound_works, restore),
        cmocka_unit_test(a_text_has_its_length_and_its_alphabet),
        cmocka_unit_test_teardown(every_byte_makes_a_character_evenly, restore),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

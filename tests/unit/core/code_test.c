/* Device codes: every number has one, and each one can be read again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "core/code.h"

static void the_first_and_the_last_number_have_their_codes(void **state)
{
    char code[CODE_SIZE];

    (void)state;
    code_from_number(0, code);
    assert_string_equal(code, "BBBB");
    code_from_number(1, code);
    assert_string_equal(code, "BBBC");
    code_from_number(29, code);
    assert_string_equal(code, "BBCB");
    code_from_number(CODE_COUNT - 1, code);
    assert_string_equal(code, "9999");
}

/* Each code is turned back into its number by the alphabet itself, so no two
 * numbers can share one. */
static void every_number_has_a_code_of_its_own_without_look_alikes_and_vowels(void **state)
{
    static const char alphabet[] = "BCDFGHJKLMNPQRSTVWXYZ23456789";
    uint32_t number;

    (void)state;
    for (number = 0; number < CODE_COUNT; number++) {
        char code[CODE_SIZE];
        uint32_t back = 0;
        size_t i;

        code_from_number(number, code);
        if (strspn(code, alphabet) != CODE_LENGTH || strlen(code) != CODE_LENGTH) {
            fail_msg("%s has a character that is not in the alphabet", code);
        }
        for (i = 0; i < CODE_LENGTH; i++) {
            back = back * 29 + (uint32_t)(strchr(alphabet, code[i]) - alphabet);
        }
        if (back != number) {
            fail_msg("%u became %s, which is %u", number, code, back);
        }
    }
}

static void a_code_is_read_in_either_case(void **state)
{
    char code[CODE_SIZE];

    (void)state;
    assert_true(code_read(slice_of("JSV5"), code));
    assert_string_equal(code, "JSV5");
    assert_true(code_read(slice_of("jsv5"), code));
    assert_string_equal(code, "JSV5");
    assert_true(code_read(slice_of("aZ09"), code));
    assert_string_equal(code, "AZ09");
}

/* Not minted by us, but another system's terminal may have one. */
static void look_alikes_can_be_read(void **state)
{
    char code[CODE_SIZE];

    (void)state;
    assert_true(code_read(slice_of("0o1i"), code));
    assert_string_equal(code, "0O1I");
}

static void what_is_no_code_is_refused_and_changes_nothing(void **state)
{
    static const char *const bad[] = {"",     "JSV",  "JSV55", "JS-5", "JS 5", "JSV\n",     "@JSV",
                                      "[JSV", "`JSV", "{JSV",  "/JSV", ":JSV", "J\xc3\xa9V"};
    char code[CODE_SIZE] = "kept";
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(code_read(slice_of(bad[i]), code));
    }
    assert_false(code_read(slice_make("JS\0V", 4), code));
    assert_false(code_read((struct slice){NULL, 0}, code));
    assert_string_equal(code, "kept");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_and_the_last_number_have_their_codes),
        cmocka_unit_test(every_number_has_a_code_of_its_own_without_look_alikes_and_vowels),
        cmocka_unit_test(a_code_is_read_in_either_case),
        cmocka_unit_test(look_alikes_can_be_read),
        cmocka_unit_test(what_is_no_code_is_refused_and_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Decoding paths, finding parameters. */
#include "wire/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { OUT_SIZE = 8 };
static char out[OUT_SIZE];

static void out_mark(void)
{
    memset(out, '#', sizeof(out));
}

static void expect_path(const char *encoded, const char *decoded)
{
    out_mark();
    assert_int_equal(http_path_decode(slice_of(encoded), out, sizeof(out)), FAIL_NONE);
    assert_string_equal(out, decoded);
}

static void expect_path_failure(struct slice encoded, enum fail failure)
{
    out_mark();
    assert_int_equal(http_path_decode(encoded, out, sizeof(out)), failure);
    assert_int_equal(out[0], '#');
}

static void expect_query(const char *query, const char *name, const char *value)
{
    out_mark();
    assert_int_equal(http_query_find(slice_of(query), name, out, sizeof(out)), FAIL_NONE);
    assert_string_equal(out, value);
}

static void expect_query_failure(const char *query, const char *name, enum fail failure)
{
    out_mark();
    assert_int_equal(http_query_find(slice_of(query), name, out, sizeof(out)), failure);
    assert_int_equal(out[0], '#');
}

static void a_path_is_decoded(void **state)
{
    (void)state;
    expect_path("", "");
    expect_path("JSV5", "JSV5");
    expect_path("%4aSV%35", "JSV5");
    expect_path("a+b", "a+b");
    expect_path("%2e%2E%2f", "../");
    expect_path("caf%C3%A9", "caf\xc3\xa9");
    expect_path("%2541", "%41"); /* once, not twice */
}

static void a_broken_path_is_refused(void **state)
{
    (void)state;
    expect_path_failure(slice_of("%"), FAIL_INVALID);
    expect_path_failure(slice_of("a%4"), FAIL_INVALID);
    expect_path_failure(slice_of("%zz"), FAIL_INVALID);
    expect_path_failure(slice_of("%4g"), FAIL_INVALID);
    expect_path_failure(slice_of("%%41"), FAIL_INVALID);
    expect_path_failure(slice_of("% 41"), FAIL_INVALID);
    expect_path_failure(slice_of("a%00b"), FAIL_INVALID);
    expect_path_failure(slice_make("a\0b", 3), FAIL_INVALID);
    expect_path_failure(slice_make("%41", 2), FAIL_INVALID); /* ends inside the escape */
    expect_path_failure(slice_of("%ff"), FAIL_INVALID);
    expect_path_failure(slice_of("%c3"), FAIL_INVALID);
    expect_path_failure(slice_of("%c0%ae"), FAIL_INVALID);
    expect_path_failure(slice_of("%ed%a0%80"), FAIL_INVALID);
}

static void a_path_must_fit_with_its_zero(void **state)
{
    (void)state;
    expect_path("1234567", "1234567");
    expect_path("%31%32%33%34%35%36%37", "1234567");
    expect_path_failure(slice_of("12345678"), FAIL_LIMIT);
    expect_path_failure(slice_of("12345678%"), FAIL_INVALID);
}

static void a_path_longer_than_any_target_is_refused(void **state)
{
    static char encoded[HTTP_TARGET_MAX + 1];
    static char decoded[HTTP_TARGET_MAX + 2];

    (void)state;
    memset(encoded, 'a', sizeof(encoded));
    assert_int_equal(
        http_path_decode(slice_make(encoded, HTTP_TARGET_MAX), decoded, sizeof(decoded)),
        FAIL_NONE);
    assert_int_equal(strlen(decoded), HTTP_TARGET_MAX);
    assert_int_equal(
        http_path_decode(slice_make(encoded, sizeof(encoded)), decoded, sizeof(decoded)),
        FAIL_LIMIT);
}

static void a_parameter_is_found_by_its_name(void **state)
{
    (void)state;
    expect_query("limit=25", "limit", "25");
    expect_query("a=1&limit=25&b=2", "limit", "25");
    expect_query("limits=1&limit=25&imit=3&lim=4", "limit", "25");
    expect_query("l%69mit=25", "limit", "25");
    expect_query("a+b=1", "a b", "1");
    expect_query("limit=", "limit", "");
    expect_query("limit", "limit", "");
    expect_query("&&limit=2&&", "limit", "2");
    expect_query("limit=a=b", "limit", "a=b");
    expect_query("limit=a%26b", "limit", "a&b");
    expect_query("limit=a+b%2B", "limit", "a b+");
    expect_query("%zz=1&limit=2", "limit", "2");
}

static void an_absent_parameter_is_not_found(void **state)
{
    (void)state;
    expect_query_failure("", "limit", FAIL_NOT_FOUND);
    expect_query_failure("a=limit", "limit", FAIL_NOT_FOUND);
    expect_query_failure("Limit=1", "limit", FAIL_NOT_FOUND);
    expect_query_failure("limit%00=1", "limit", FAIL_NOT_FOUND);
    expect_query_failure("a;limit=1", "limit", FAIL_NOT_FOUND);
    assert_int_equal(http_query_find((struct slice){NULL, 0}, "limit", out, sizeof(out)),
                     FAIL_NOT_FOUND);
}

static void a_parameter_that_stands_twice_is_a_conflict(void **state)
{
    (void)state;
    expect_query_failure("limit=1&limit=1", "limit", FAIL_CONFLICT);
    expect_query_failure("limit=1&a=b&limit=2", "limit", FAIL_CONFLICT);
    expect_query_failure("limit&l%69mit=2", "limit", FAIL_CONFLICT);
    expect_query_failure("limit=%zz&limit=2", "limit", FAIL_CONFLICT);
}

static void a_broken_value_is_refused(void **state)
{
    (void)state;
    expect_query_failure("limit=%", "limit", FAIL_INVALID);
    expect_query_failure("limit=%2", "limit", FAIL_INVALID);
    expect_query_failure("limit=%2&b=5", "limit", FAIL_INVALID);
    expect_query_failure("limit=%00", "limit", FAIL_INVALID);
    expect_query_failure("limit=%ff", "limit", FAIL_INVALID);
    expect_query_failure("limit=12345678", "limit", FAIL_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_decoded),
        cmocka_unit_test(a_broken_path_is_refused),
        cmocka_unit_test(a_path_must_fit_with_its_zero),
        cmocka_unit_test(a_path_longer_than_any_target_is_refused),
        cmocka_unit_test(a_parameter_is_found_by_its_name),
        cmocka_unit_test(an_absent_parameter_is_not_found),
        cmocka_unit_test(a_parameter_that_stands_twice_is_a_conflict),
        cmocka_unit_test(a_broken_value_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Amounts, from any bytes, beside the C library's own reader of numbers.
 *
 * Holds: what is taken is a JSON number of at most 32 bytes, whose value as a
 * long double is the amount to a hundredth of a cent; it is in its limits; and
 * written, it is read back the same. What is refused has its sentence, leaves
 * the amount alone, and is no plain amount of one to seven digits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/money.h"

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "does not hold, line %d: %s\n", __LINE__, #condition);                 \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

enum { UNTOUCHED = -1 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_taken(struct slice text, int64_t minor)
{
    char number[MONEY_TEXT_MAX + 1] = {0};
    char again[MONEY_SIZE];
    int64_t same = UNTOUCHED;
    long double value;
    char *end = NULL;

    MUST(text.length >= 1 && text.length <= MONEY_TEXT_MAX);
    memcpy(number, text.bytes, text.length);
    MUST(strspn(number, "0123456789.eE+-") == text.length);
    value = strtold(number, &end) * 100;
    MUST(*end == '\0');
    MUST(value - (long double)minor < 0.01L && (long double)minor - value < 0.01L);
    MUST(minor >= 1 && minor <= MONEY_MAX_MINOR);
    money_write(minor, again);
    MUST(money_read(slice_of(again), &same) == NULL && same == minor);
    same = UNTOUCHED;
    money_show(minor, again);
    MUST(money_read(slice_of(again), &same) == NULL && same == minor);
}

static void check_refused(struct slice text)
{
    size_t i;
    bool is_plain = text.length >= 1 && text.length <= 7;

    for (i = 0; i < text.length; i++) {
        is_plain = is_plain && text.bytes[i] >= '1' && text.bytes[i] <= '9';
    }
    MUST(!is_plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_make((const char *)data, size);
    int64_t minor = UNTOUCHED;
    const char *problem = money_read(text, &minor);

    if (problem == NULL) {
        check_taken(text, minor);
    } else {
        MUST(strncmp(problem, "must be ", 8) == 0);
        MUST(minor == UNTOUCHED);
        check_refused(text);
    }
    return 0;
}

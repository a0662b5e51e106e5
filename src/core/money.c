/* An amount is read as the digits that matter and a power of ten, so that
 * whether it fits cents is a question about digits: no arithmetic can round. */
#include "core/money.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

/* More than any exponent that could still make an amount of 32 characters. */
enum { EXPONENT_MAX = 1000, DIGITS_MAX = 9 /* of MONEY_MAX_MINOR, which is all nines */ };

static const char NOT_A_NUMBER[] = "must be a number";
static const char TOO_LONG[] = "must be a number of at most 32 characters";
static const char TOO_SMALL[] = "must be a number greater than 0";
static const char TOO_FINE[] = "must be a number with at most two decimals";
static const char TOO_LARGE[] = "must be a number of at most 9999999.99";

/* digits * 10^exponent */
struct decimal {
    bool negative;
    size_t count;
    char digits[MONEY_TEXT_MAX];
    int exponent;
};

static bool is_digit(struct slice text)
{
    return text.length > 0 && text.bytes[0] >= '0' && text.bytes[0] <= '9';
}

static char take(struct slice *text)
{
    char c = text->bytes[0];

    text->bytes++;
    text->length--;
    return c;
}

static bool take_if(struct slice *text, char c)
{
    if (text->length == 0 || text->bytes[0] != c) {
        return false;
    }
    (void)take(text);
    return true;
}

/* At least one digit; how many were taken. */
static size_t take_digits(struct slice *text, struct decimal *out)
{
    size_t taken = 0;

    while (is_digit(*text)) {
        out->digits[out->count++] = take(text);
        taken++;
    }
    return taken;
}

/* "e", a sign or none, digits; or nothing at all. */
static bool take_exponent(struct slice *text, struct decimal *out)
{
    int exponent = 0;
    bool negative;

    if (!take_if(text, 'e') && !take_if(text, 'E')) {
        return true;
    }
    negative = take_if(text, '-');
    if (!negative) {
        (void)take_if(text, '+');
    }
    if (!is_digit(*text)) {
        return false;
    }
    while (is_digit(*text)) {
        exponent = exponent * 10 + (take(text) - '0');
        if (exponent > EXPONENT_MAX) {
            exponent = EXPONENT_MAX;
        }
    }
    out->exponent += negative ? -exponent : exponent;
    return true;
}

/* RFC 8259, 6; at most MONEY_TEXT_MAX bytes. False when it is no number. */
static bool decimal_read(struct slice text, struct decimal *out)
{
    size_t whole;
    size_t fraction;

    out->negative = take_if(&text, '-');
    whole = take_digits(&text, out);
    if (whole == 0 || (whole > 1 && out->digits[0] == '0')) {
        return false;
    }
    if (take_if(&text, '.')) {
        fraction = take_digits(&text, out);
        if (fraction == 0) {
            return false;
        }
        out->exponent -= (int)fraction;
    }
    return take_exponent(&text, out) && text.length == 0;
}

/* Without zeros at either end: none of its digits is left when it is 0. */
static void decimal_trim(struct decimal *decimal)
{
    size_t zeros = 0;

    while (decimal->count > 0 && decimal->digits[decimal->count - 1] == '0') {
        decimal->count--;
        decimal->exponent++;
    }
    while (zeros < decimal->count && decimal->digits[zeros] == '0') {
        zeros++;
    }
    decimal->count -= zeros;
    memmove(decimal->digits, decimal->digits + zeros, decimal->count);
}

const char *money_read(struct slice number, int64_t *minor)
{
    struct decimal decimal = {0};
    int64_t value = 0;
    int zeros;
    size_t i;

    if (number.length > MONEY_TEXT_MAX) {
        return TOO_LONG;
    }
    if (!decimal_read(number, &decimal)) {
        return NOT_A_NUMBER;
    }
    decimal_trim(&decimal);
    if (decimal.negative || decimal.count == 0) {
        return TOO_SMALL;
    }
    zeros = decimal.exponent + 2; /* behind its digits, in cents */
    if (zeros < 0) {
        return TOO_FINE;
    }
    if ((int)decimal.count + zeros > DIGITS_MAX) {
        return TOO_LARGE;
    }
    for (i = 0; i < decimal.count; i++) {
        value = value * 10 + (decimal.digits[i] - '0');
    }
    for (; zeros > 0; zeros--) {
        value *= 10;
    }
    *minor = value;
    return NULL;
}

void money_write(int64_t minor, char out[MONEY_SIZE])
{
    size_t length;

    money_show(minor, out);
    length = strlen(out);
    while (out[length - 1] == '0') {
        length--;
    }
    if (out[length - 1] == '.') {
        length--;
    }
    out[length] = '\0';
}

void money_show(int64_t minor, char out[MONEY_SIZE])
{
    bool fits;

    assert(minor >= 0);
    fits = text_format(out, MONEY_SIZE, "%" PRId64 ".%02d", minor / 100, (int)(minor % 100));
    assert(fits);
    (void)fits;
}

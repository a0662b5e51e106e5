/* RFC 3339 5.6, without leap seconds: a moment in one could not be kept. */
#include "admin/date.h"

#include <stdbool.h>

enum {
    DATE_LENGTH = 10,
    TIME_LENGTH = 8,
    OFFSET_LENGTH = 6,
    YEAR_FIRST = 1970,
    MONTHS = 12,
    HOURS = 24,
    MINUTES = 60,
    SECONDS = 60,
    MS = 1000,
};

struct moment {
    int year;
    int month; /* from 1 */
    int day;   /* from 1 */
    int64_t ms_of_day;
};

/* `length` digits at `at`; -1 when they are not. */
static int number_at(struct slice text, size_t at, size_t length)
{
    int number = 0;
    size_t i;

    for (i = at; i < at + length; i++) {
        if (i >= text.length || text.bytes[i] < '0' || text.bytes[i] > '9') {
            return -1;
        }
        number = number * 10 + (text.bytes[i] - '0');
    }
    return number;
}

static bool is_at(struct slice text, size_t at, char c)
{
    return at < text.length && text_upper(text.bytes[at]) == c;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of(int year, int month)
{
    static const int DAYS[MONTHS] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return DAYS[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

static bool day_read(struct slice text, struct moment *moment)
{
    moment->year = number_at(text, 0, 4);
    moment->month = number_at(text, 5, 2);
    moment->day = number_at(text, 8, 2);
    return moment->year >= YEAR_FIRST && is_at(text, 4, '-') && is_at(text, 7, '-') &&
           moment->month >= 1 && moment->month <= MONTHS && moment->day >= 1 &&
           moment->day <= days_of(moment->year, moment->month);
}

/* ".123456": at least one digit. */
static bool fraction_read(struct slice *rest, int64_t *ms)
{
    int64_t scale = MS / 10;
    size_t i = 1;

    *ms = 0;
    if (!is_at(*rest, 0, '.')) {
        return true;
    }
    for (; i < rest->length && number_at(*rest, i, 1) >= 0; i++) {
        *ms += number_at(*rest, i, 1) * scale;
        scale /= 10;
    }
    *rest = slice_make(rest->bytes + i, rest->length - i);
    return i > 1;
}

/* "Z" or "+01:30", to the end. */
static bool offset_read(struct slice rest, int64_t *minutes)
{
    int hour = number_at(rest, 1, 2);
    int minute = number_at(rest, 4, 2);

    *minutes = 0;
    if (is_at(rest, 0, 'Z')) {
        return rest.length == 1;
    }
    if (rest.length != OFFSET_LENGTH || !is_at(rest, 3, ':') || hour < 0 || hour >= HOURS ||
        minute < 0 || minute >= MINUTES) {
        return false;
    }
    *minutes = hour * MINUTES + minute;
    if (is_at(rest, 0, '-')) {
        *minutes = -*minutes;
        return true;
    }
    return is_at(rest, 0, '+');
}

/* What follows the "T". */
static bool time_read(struct slice text, struct moment *moment)
{
    struct slice rest;
    int64_t ms;
    int64_t offset;
    int hour = number_at(text, 0, 2);
    int minute = number_at(text, 3, 2);
    int second = number_at(text, 6, 2);

    if (text.length <= TIME_LENGTH || hour < 0 || hour >= HOURS || !is_at(text, 2, ':') ||
        minute < 0 || minute >= MINUTES || !is_at(text, 5, ':') || second < 0 ||
        second >= SECONDS) {
        return false;
    }
    rest = slice_make(text.bytes + TIME_LENGTH, text.length - TIME_LENGTH);
    if (!fraction_read(&rest, &ms) || !offset_read(rest, &offset)) {
        return false;
    }
    moment->ms_of_day = (((int64_t)hour * MINUTES + minute - offset) * SECONDS + second) * MS + ms;
    return true;
}

static int64_t days_since_1970(const struct moment *moment)
{
    int64_t days = moment->day - 1;
    int year;
    int month;

    for (year = YEAR_FIRST; year < moment->year; year++) {
        days += is_leap(year) ? 366 : 365;
    }
    for (month = 1; month < moment->month; month++) {
        days += days_of(moment->year, month);
    }
    return days;
}

enum fail date_read(struct slice text, int64_t *wall_ms)
{
    struct moment moment = {0};

    if (!day_read(text, &moment)) {
        return FAIL_INVALID;
    }
    if (text.length > DATE_LENGTH) {
        if (!is_at(text, DATE_LENGTH, 'T') ||
            !time_read(slice_make(text.bytes + DATE_LENGTH + 1, text.length - DATE_LENGTH - 1),
                       &moment)) {
            return FAIL_INVALID;
        }
    }
    *wall_ms =
        days_since_1970(&moment) * HOURS * MINUTES * SECONDS * (int64_t)MS + moment.ms_of_day;
    return FAIL_NONE;
}

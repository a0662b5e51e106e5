/* A parameter that stands twice is wrong, whatever it says (see http_query_find). */
#include "api/parameter.h"

#include "wire/http.h"

enum { VALUE_SIZE = 64 };

static const char TWICE[] = "stands twice";

bool parameter_number(struct flaws *flaws, const char *query, const struct parameter_number *what,
                      uint64_t *out)
{
    char value[VALUE_SIZE];
    enum fail fail = http_query_find(slice_of(query), what->name, value, sizeof(value));
    uint64_t number = 0;

    if (fail == FAIL_NOT_FOUND) {
        return false;
    }
    if (fail == FAIL_NONE) {
        fail = slice_to_unsigned(slice_of(value), what->maximum, &number);
    }
    if (fail != FAIL_NONE || number < what->minimum) {
        flaws_add(flaws, what->name, what->rule);
    } else {
        *out = number;
    }
    return true;
}

void parameter_bool(struct flaws *flaws, const char *query, const char *name, bool *out)
{
    char value[VALUE_SIZE];
    enum fail fail = http_query_find(slice_of(query), name, value, sizeof(value));
    bool is_true = fail == FAIL_NONE && slice_is(slice_of(value), "true");

    if (fail == FAIL_NOT_FOUND) {
        return;
    }
    if (!is_true && (fail != FAIL_NONE || !slice_is(slice_of(value), "false"))) {
        flaws_add(flaws, name, "must be true or false");
        return;
    }
    *out = is_true;
}

void parameter_text(struct flaws *flaws, const char *query, const struct parameter_text *what,
                    char *out)
{
    enum fail fail = http_query_find(slice_of(query), what->name, out, what->size);

    if (fail == FAIL_NONE) {
        return;
    }
    out[0] = '\0';
    if (fail == FAIL_CONFLICT) {
        flaws_add(flaws, what->name, TWICE);
    } else if (fail != FAIL_NOT_FOUND) {
        flaws_add(flaws, what->name, what->rule);
    }
}

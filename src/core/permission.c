/* The three scales. */
#include "core/permission.h"

#include <stddef.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char *const ACCESS_NAMES[] = {"none", "read", "write"};
static const char *const PROCESSING_NAMES[] = {"none", "auth", "positive", "admin"};

bool permissions_cover(const struct permissions *granted, const struct permissions *needed)
{
    return granted->general >= needed->general && granted->settings >= needed->settings &&
           granted->processing >= needed->processing;
}

const char *permission_access_name(unsigned access)
{
    return access < COUNT_OF(ACCESS_NAMES) ? ACCESS_NAMES[access] : "none";
}

const char *permission_processing_name(unsigned processing)
{
    return processing < COUNT_OF(PROCESSING_NAMES) ? PROCESSING_NAMES[processing] : "none";
}

static bool name_read(struct slice word, const char *const *names, size_t count, uint8_t *out)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (slice_is(word, names[i])) {
            *out = (uint8_t)i;
            return true;
        }
    }
    return false;
}

bool permission_access_read(struct slice word, uint8_t *out)
{
    return name_read(word, ACCESS_NAMES, COUNT_OF(ACCESS_NAMES), out);
}

bool permission_processing_read(struct slice word, uint8_t *out)
{
    return name_read(word, PROCESSING_NAMES, COUNT_OF(PROCESSING_NAMES), out);
}

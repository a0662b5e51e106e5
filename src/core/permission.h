/* What an api-token may do: three scales, and what each call needs of them
 * (contract.md, Permissions of a token). */
#ifndef CORE_PERMISSION_H
#define CORE_PERMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* Of `general` and `settings`; each includes those before it. */
enum permission_access { ACCESS_NONE, ACCESS_READ, ACCESS_WRITE };
/* Of `processing`; each includes those before it. */
enum permission_processing {
    PROCESSING_NONE,
    PROCESSING_AUTH,
    PROCESSING_POSITIVE,
    PROCESSING_ADMIN,
};

struct permissions {
    uint8_t general;    /* enum permission_access */
    uint8_t settings;   /* enum permission_access */
    uint8_t processing; /* enum permission_processing */
};

bool permissions_cover(const struct permissions *granted, const struct permissions *needed);

/* "none", "read", "write"; "none", "auth", "positive", "admin". */
const char *permission_access_name(unsigned access);
const char *permission_processing_name(unsigned processing);
/* False, and `out` untouched, for another word. */
bool permission_access_read(struct slice word, uint8_t *out);
bool permission_processing_read(struct slice word, uint8_t *out);

#endif

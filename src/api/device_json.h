/* A device as the API shows it: its code and when it got it, nothing else. */
#ifndef API_DEVICE_JSON_H
#define API_DEVICE_JSON_H

#include "base/buf.h"
#include "base/clock.h"
#include "wire/json_write.h"

static inline void device_json_write(struct buf *out, const char *code, int64_t created_ms)
{
    char created[CLOCK_MOUNTAIN_SIZE];

    clock_mountain_text(created_ms, created);
    json_open_object(out, NULL);
    json_add_text(out, "code", code);
    json_add_text(out, "dateCreated", created);
    json_close_object(out);
}

#endif

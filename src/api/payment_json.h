/* A payment as the API shows it. */
#ifndef API_PAYMENT_JSON_H
#define API_PAYMENT_JSON_H

#include <stddef.h>

#include "base/buf.h"
#include "broker/broker.h"
#include "store/read.h"

enum { PAYMENT_JSON_MAX = 2048, ATTEMPT_JSON_MAX = 1280 }; /* bytes of the largest */

struct payment_json {
    const struct payment_row *row;
    enum payment_screen screen;         /* where its terminal is, while it is displayed */
    const struct attempt_row *attempts; /* NULL: without */
    size_t attempt_count;
};
void payment_json_write(struct buf *out, const struct payment_json *payment);

/* Where the terminal says that it is with this payment; SCREEN_NONE when it is
 * not connected, or speaks of another. */
enum payment_screen payment_json_screen(struct broker *broker, const struct payment_row *row);

/* "card", "approved": as payment_json_write has it. */
const char *payment_json_state(const struct payment_row *row, enum payment_screen screen);

/* A number, or null where it is 0. */
void payment_json_id(struct buf *out, const char *name, int64_t id);

#endif

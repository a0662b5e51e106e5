/* A line to a terminal: what a session needs of its connection, as a struct of
 * functions, so that the same session runs over a WebSocket and, in stories
 * and simulations, over a pipe in memory. */
#ifndef NET_LINE_H
#define NET_LINE_H

#include <stdint.h>

#include "base/text.h"

struct line {
    /* One text message; ignored once the line is closing. */
    void (*send)(struct line *line, struct slice text);
    /* Says goodbye with a close code; the end follows. */
    void (*close)(struct line *line, unsigned code, const char *reason);
    /* Ends it at once without a word. */
    void (*cut)(struct line *line);
    /* Asks for a sign of life: without one in `answer_ms` the line is cut. */
    void (*probe)(struct line *line, int64_t answer_ms);
};

struct line_events {
    /* A whole text message, valid UTF-8; borrowed. */
    void (*on_message)(void *context, struct slice message);
    /* Exactly once, and never from inside one of the functions above; the line
     * must not be touched after it. `code` is the close code of whoever closed,
     * WEBSOCKET_CLOSE_ABNORMAL without one. */
    void (*on_end)(void *context, unsigned code);
};

#endif

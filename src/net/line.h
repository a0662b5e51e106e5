/* A line to a terminal: what a session needs of its connection, as a struct of
 * functions, so that the same session runs over a WebSocket and, in stories
 * and simulations, over a pipe in memory. */
#ifndef NET_LINE_H
#define NET_LINE_H

#include <stdint.h>

#include "base/address.h"
#include "base/text.h"

struct line;

struct line_kind {
    /* One text message; ignored once the line is closing. */
    void (*send)(struct line *line, struct slice text);
    /* Says goodbye with a close code; the end follows. */
    void (*close)(struct line *line, unsigned code, const char *reason);
    /* Ends it at once without a word. */
    void (*cut)(struct line *line);
    /* Asks for a sign of life: without one in `answer_ms` the line is cut. */
    void (*probe)(struct line *line, int64_t answer_ms);
    /* The terminal at its other end has proven which one it is: from now on it
     * has one of the places that are kept for such. */
    void (*enrol)(struct line *line);
    /* Whose it is, for limits and logs: the terminal's own address, also behind
     * a trusted proxy. */
    struct address (*address)(const struct line *line);
};

/* Stands at the beginning of whatever makes it. */
struct line {
    const struct line_kind *kind; /* borrowed: static */
};

struct line_events {
    /* A whole text message, valid UTF-8; borrowed. */
    void (*on_message)(void *context, struct slice message);
    /* Exactly once, and never from inside one of the functions above; the line
     * must not be touched after it. `code` is the close code of whoever closed,
     * WEBSOCKET_CLOSE_ABNORMAL without one. */
    void (*on_end)(void *context, unsigned code);
};

static inline void line_send(struct line *line, struct slice text)
{
    line->kind->send(line, text);
}

static inline void line_close(struct line *line, unsigned code, const char *reason)
{
    line->kind->close(line, code, reason);
}

static inline void line_cut(struct line *line)
{
    line->kind->cut(line);
}

static inline void line_probe(struct line *line, int64_t answer_ms)
{
    line->kind->probe(line, answer_ms);
}

static inline void line_enrol(struct line *line)
{
    line->kind->enrol(line);
}

static inline struct address line_address(const struct line *line)
{
    return line->kind->address(line);
}

#endif

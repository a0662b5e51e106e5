/* What the parts of the load share (sale_load.c says what it is for). */
#ifndef BENCH_LOAD_LOAD_H
#define BENCH_LOAD_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LINK_BYTES = 2048,
    TERMINALS_MAX = 20000,
    TILLS_MAX = 1024,
    NS_PER_US = 1000,
    NS_PER_MS = 1000000,
    NS_PER_S = 1000000000,
};

struct link {
    int descriptor;
    bool is_till;
    size_t held;
    char bytes[LINK_BYTES + 1];
};

struct till {
    struct link link; /* first: an event leads to it */
    struct terminal *terminal;
    int64_t due_ns;
    bool answered;
    bool ended;
    bool counts; /* it was due while measuring */
};

struct terminal {
    struct link link; /* first */
    char code[5];
    char serial[24];
    char credential[44];
    char reference[12]; /* of its customer's card */
    bool upgraded;
    struct till *till; /* whose sale it is at */
};

/* --- link.c --- */

/* Ends the program with a sentence. */
__attribute__((format(printf, 1, 2), noreturn)) void die(const char *format, ...);
int64_t now_ns(void);
/* Once, before any link. */
void links_init(unsigned short port);
void link_open(struct link *link);
void link_send(struct link *link, const void *bytes, size_t length);
void link_drop(struct link *link, size_t length);
/* Takes an answer's head, which must begin with `status`; false: there is more
 * to come. */
bool link_take_head(struct link *link, const char *status);
/* Reads what has come until then, or until something has. */
void links_turn(int64_t until_ns);

/* --- terminal.c --- */

void terminal_join(struct terminal *terminal);
void terminal_read(struct terminal *terminal);

/* --- sale_load.c --- */

void till_read(struct till *till);
void sale_on_ready(struct terminal *terminal);
void sale_on_screen(struct till *till);
void sale_on_end(struct till *till);

#endif

/* The connections of one loop that are not enrolled terminals, in the order in
 * which they go when somebody else needs room.
 *
 * First go those that have proven nothing, the one longest without a whole
 * request before the others; then sockets that have not said which terminal
 * they are; then connections of clients that have proven something and have no
 * request under way. Who has one under way stays. */
#ifndef NET_GUEST_H
#define NET_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/fail.h"
#include "base/list.h"
#include "net/conn.h"
#include "net/gate.h"

enum guest_rank {
    GUEST_SILENT,   /* HTTP, nothing proven */
    GUEST_UPGRADED, /* a WebSocket whose terminal has not proven which one it is */
    GUEST_PROVEN,   /* HTTP, from a client with a token that holds */
    GUEST_RANKS,
};

/* Of one loop. */
struct guests {
    struct gate *gate;              /* borrowed; NULL: everybody may come in */
    struct list turns[GUEST_RANKS]; /* struct guest that may be asked to go, first one first */
};

struct guest {
    struct guests *guests; /* borrowed */
    struct conn *conn;     /* borrowed */
    struct gate_place place;
    struct list_link link;
    struct address client; /* whose it is; behind a trusted proxy not the other side's */
    uint8_t rank;          /* enum guest_rank */
    bool proxied;          /* the other side is a trusted proxy */
};

void guests_init(struct guests *guests, struct gate *gate);

/* A place for one more, of which another may have to go. `address` NULL: a
 * trusted proxy. Only GATE_ENTERED gives one. */
enum gate_answer guests_admit(struct guests *guests, const struct address *address, int64_t now_ms,
                              struct gate_place *out);
/* Cuts the connection whose turn it is; of `address` only, where that is not
 * NULL. False when none may be asked to go. */
bool guests_make_room(struct guests *guests, const struct address *address);

/* The place is the guest's from now on, also on failure (FAIL_MEMORY). */
MUST_CHECK enum fail guest_create(struct guest **out, struct guests *guests,
                                  const struct address *client, struct gate_place *place);
/* Gives the place back. Accepts NULL; sets the pointer NULL. */
void guest_destroy(struct guest **guest);

/* It has done something whole just now: it may be asked to go, after those
 * that are waiting already. */
void guest_waits(struct guest *guest);
/* It may not be asked to go until it waits again. */
void guest_stays(struct guest *guest);
/* Its client has proven something, and its address is known from now on. */
void guest_know(struct guest *guest, int64_t now_ms);
/* Its terminal has proven which one it is: true when it is a guest no longer
 * but has a terminal's place. Then the caller owes guests_terminal_left, and
 * the guest is freed (the pointer set NULL), unless its address, behind a
 * proxy, is known from nowhere else. */
bool guest_enrol(struct guest **guest, int64_t now_ms);
void guests_terminal_left(struct guests *guests);

#endif

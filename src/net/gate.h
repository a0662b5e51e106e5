/* Who may connect: the places of the whole server, and how many of them one
 * address may take. One gate for all loops.
 *
 * A connection comes in as a stranger. A terminal that has proven which one it
 * is (enrolled) gets one of the places that are kept for such, so that no crowd
 * of strangers keeps a shop's terminals out. An address from which somebody
 * proved something (a terminal its credential, a point of sale its token) may
 * do more than one that nobody knows: so a shop is not locked out by a
 * stranger behind the same address. */
#ifndef NET_GATE_H
#define NET_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/fail.h"

struct gate;

struct gate_options {
    size_t strangers_max;         /* connections that have proven nothing, of all addresses */
    size_t terminals_max;         /* places beside these, for enrolled terminals */
    size_t address_max;           /* strangers at once of one address */
    unsigned address_per_minute;  /* new connections of one address that nobody knows */
    unsigned address_known_times; /* so many times that for an address that is known */
};

/* What serve uses unless told otherwise. */
extern const struct gate_options GATE_USUAL;

MUST_CHECK enum fail gate_create(struct gate **out, const struct gate_options *options);
/* When nobody is inside. Accepts NULL; sets the pointer NULL. */
void gate_destroy(struct gate **gate);

/* A place inside. Zeros: none. Embedded in its owner; moves by assignment. */
struct gate_visitor; /* one address's entry, shared by its connections */
struct gate_place {
    struct gate_visitor *visitor;
    bool enrolled;
};

enum gate_answer {
    GATE_ENTERED,
    GATE_FULL,         /* no place for strangers is free */
    GATE_ADDRESS_FULL, /* this address has all it may have at once */
    GATE_TOO_FAST,     /* this address comes too often */
    GATE_NO_MEMORY,
};
/* All from any thread. `now_ms` by the machine's clock. Loopback addresses are
 * counted like others, but never too fast. */
enum gate_answer gate_enter(struct gate *gate, const struct address *address, int64_t now_ms,
                            struct gate_place *out);
/* Accepts a place that is none; it is none afterwards. */
void gate_leave(struct gate *gate, struct gate_place *place);
/* The terminal of this place has proven which one it is. False when no place
 * for terminals is left: it stays a stranger. */
bool gate_enrol(struct gate *gate, struct gate_place *place);
/* Somebody at this address has proven something. */
void gate_know(struct gate *gate, const struct address *address, int64_t now_ms);

struct gate_counts {
    size_t strangers;
    size_t terminals;
    size_t addresses; /* that it remembers */
};
struct gate_counts gate_count(struct gate *gate);

#endif

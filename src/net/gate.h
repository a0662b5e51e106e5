/* Who may connect: the places of the whole server, and how many of them one
 * address may take. One gate for all loops.
 *
 * A connection comes in as a stranger. A terminal that has proven which one it
 * is (enrolled) takes the place it stands on along and is a stranger no longer,
 * so that no crowd of strangers asks it to go. Places that no terminal has
 * taken are lent to strangers: after a restart all terminals come back as
 * strangers, more at once than strangers would have places of their own. All
 * together never have more than the sum; whoever comes when that is reached
 * makes room among the strangers (net/guest.h), so that places that were lent
 * come back when a terminal asks for one. An address from which somebody
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

/* All at least 1; the last two at most GATE_VISITS_MAX. */
struct gate_options {
    size_t strangers_max;         /* always left for connections that are no enrolled terminals */
    size_t terminals_max;         /* enrolled terminals; their free places are lent to strangers */
    size_t address_max;           /* strangers at once of one address */
    unsigned address_per_minute;  /* new connections of one address that nobody knows */
    unsigned address_known_times; /* so many times that for an address that is known */
};

enum {
    GATE_VISITS_MAX = 1000000,
    GATE_ADDRESSES_MAX = 100000,          /* that are remembered */
    GATE_KNOWN_MS = 7 * 24 * 3600 * 1000, /* without a proof an address is no longer known */
};

/* What serve uses unless told otherwise; the reasons stand in docs/why/limits.md. */
extern const struct gate_options GATE_USUAL;

MUST_CHECK enum fail gate_create(struct gate **out, const struct gate_options *options);
/* When nobody is inside. Accepts NULL; sets the pointer NULL. */
void gate_destroy(struct gate **gate);

/* A place inside. Zeros: none. Embedded in its owner; moves by assignment. An
 * enrolled one has nothing of its own, so that its owner need remember only
 * that it has it. */
struct gate_visitor; /* one address's entry, shared by its connections */
struct gate_place {
    struct gate_visitor *visitor; /* of a stranger; NULL once it is enrolled */
    bool enrolled;
};

enum gate_answer {
    GATE_ENTERED,
    GATE_FULL,         /* no place is free, a terminal's neither */
    GATE_ADDRESS_FULL, /* this address has all it may have at once */
    GATE_TOO_FAST,     /* this address comes too often */
    GATE_NO_MEMORY,
    GATE_ANSWERS, /* how many there are */
};
/* All from any thread. `now_ms` by the machine's clock. Loopback addresses are
 * counted like others, but never too fast. `address` NULL: a trusted proxy,
 * whose connections speak for many, so that no limit of one address holds for
 * it. GATE_FULL and GATE_ADDRESS_FULL do not count as a visit: whoever can make
 * room does so and asks again. */
enum gate_answer gate_enter(struct gate *gate, const struct address *address, int64_t now_ms,
                            struct gate_place *out);
/* Accepts a place that is none; it is none afterwards. */
void gate_leave(struct gate *gate, struct gate_place *place);
/* The terminal of this place has proven which one it is. False when there are
 * as many terminals as may be: it stays a stranger. Never because strangers
 * have borrowed places. */
bool gate_enrol(struct gate *gate, struct gate_place *place);
/* Whether it is a stranger's place that counts for this address. */
bool gate_place_is_of(const struct gate_place *place, const struct address *address);
/* Somebody at this address has proven something. */
void gate_know(struct gate *gate, const struct address *address, int64_t now_ms);

struct gate_counts {
    size_t strangers;
    size_t terminals;
    size_t addresses; /* that it remembers */
};
struct gate_counts gate_count(struct gate *gate);

#endif

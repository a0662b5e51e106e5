/* The gate: one locked table of addresses, and two counts.
 *
 * An address's entry is made at its first connection and lives as long as one
 * of its connections is inside, or as it has something to say: that the
 * address came lately (for a minute, then its allowance is whole again), or
 * that it is known. Entries that nobody is inside of stand in one of two lists,
 * oldest first; each visit forgets at most two that have nothing to say any
 * more, so that no visit is slow. When the table is full the oldest entry that
 * is not known goes, for a crowd of new addresses must not push out the shops.
 *
 * How fast an address may come is a bucket of visits, which fills up evenly to
 * a minute's worth: all of a shop's terminals may come at once. */
#include "net/gate.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/table.h"

enum { MINUTE_MS = 60 * 1000, FORGOTTEN_AT_ONCE = 2 };

const struct gate_options GATE_USUAL = {.strangers_max = 4000,
                                        .terminals_max = 15500,
                                        .address_max = 1000,
                                        .address_per_minute = 600,
                                        .address_known_times = 20};

struct gate_visitor {
    struct address network;
    struct list_link link; /* in one of the gate's lists while nobody is inside */
    int64_t filled_ms;     /* the bucket was looked at, at the last visit */
    int64_t spent;         /* visits of the bucket that are used up, times MINUTE_MS */
    int64_t known_ms;      /* of the last proof */
    size_t inside;
    bool known;
    bool is_proxy; /* the one entry of all trusted proxies, which has no limits */
};

struct gate {
    pthread_mutex_t lock; /* of all that follows */
    struct gate_options options;
    struct table visitors;
    struct list known; /* entries that nobody is inside of, longest so first */
    struct list unknown;
    struct gate_visitor proxies; /* not in the table */
    size_t strangers;
    size_t terminals;
};

static bool visitor_match(const void *item, const void *key)
{
    const struct gate_visitor *visitor = item;

    return address_equals(&visitor->network, key);
}

static uint64_t network_hash(const struct address *network)
{
    return table_hash_of(network->bytes, sizeof(network->bytes));
}

static uint64_t visitor_hash(const void *item)
{
    const struct gate_visitor *visitor = item;

    return network_hash(&visitor->network);
}

enum fail gate_create(struct gate **out, const struct gate_options *options)
{
    struct gate *gate = calloc(1, sizeof(*gate));

    assert(options->strangers_max > 0 && options->terminals_max > 0 && options->address_max > 0);
    assert(options->address_per_minute > 0 && options->address_per_minute <= GATE_VISITS_MAX);
    assert(options->address_known_times > 0 && options->address_known_times <= GATE_VISITS_MAX);
    if (gate == NULL) {
        return FAIL_MEMORY;
    }
    pthread_mutex_init(&gate->lock, NULL);
    gate->options = *options;
    gate->proxies.is_proxy = true;
    table_init(&gate->visitors, GATE_ADDRESSES_MAX, visitor_match, visitor_hash);
    list_init(&gate->known);
    list_init(&gate->unknown);
    *out = gate;
    return FAIL_NONE;
}

/* --- What is remembered ---------------------------------------------------- */

static void visitor_forget(struct gate *gate, struct gate_visitor *visitor)
{
    assert(visitor->inside == 0 && !visitor->is_proxy);
    list_remove(&visitor->link);
    table_remove(&gate->visitors, visitor);
    free(visitor);
}

void gate_destroy(struct gate **gate_at)
{
    struct gate *gate = *gate_at;
    struct list_link *link;

    if (gate == NULL) {
        return;
    }
    *gate_at = NULL;
    assert(gate->strangers == 0 && gate->terminals == 0);
    list_move_all(&gate->known, &gate->unknown);
    while ((link = list_first(&gate->unknown)) != NULL) {
        visitor_forget(gate, LIST_ITEM(link, struct gate_visitor, link));
    }
    assert(gate->visitors.count == 0);
    table_finish(&gate->visitors);
    pthread_mutex_destroy(&gate->lock);
    free(gate);
}

/* Stands in the list where it belongs: in none while somebody is inside. */
static void visitor_file(struct gate *gate, struct gate_visitor *visitor)
{
    list_remove(&visitor->link);
    if (visitor->inside == 0 && !visitor->is_proxy) {
        list_push_back(visitor->known ? &gate->known : &gate->unknown, &visitor->link);
    }
}

static struct gate_visitor *oldest(const struct list *list)
{
    struct list_link *link = list_first(list);

    return link == NULL ? NULL : LIST_ITEM(link, struct gate_visitor, link);
}

/* Forgets what has nothing to say any more, a little at a time. */
static void forget_some(struct gate *gate, int64_t now_ms)
{
    struct gate_visitor *visitor;
    unsigned i;

    for (i = 0; i < FORGOTTEN_AT_ONCE; i++) {
        visitor = oldest(&gate->unknown);
        if (visitor == NULL || now_ms - visitor->filled_ms < MINUTE_MS) {
            break;
        }
        visitor_forget(gate, visitor);
    }
    visitor = oldest(&gate->known);
    if (visitor != NULL && now_ms - visitor->known_ms >= GATE_KNOWN_MS &&
        now_ms - visitor->filled_ms >= MINUTE_MS) {
        visitor_forget(gate, visitor);
    }
}

static void make_room(struct gate *gate)
{
    struct gate_visitor *visitor = oldest(&gate->unknown);

    if (gate->visitors.count < gate->visitors.limit) {
        return;
    }
    visitor = visitor != NULL ? visitor : oldest(&gate->known);
    if (visitor != NULL) {
        visitor_forget(gate, visitor);
    }
}

/* The entry of an address, made if there is none; NULL without memory. */
static struct gate_visitor *visitor_of(struct gate *gate, const struct address *address,
                                       int64_t now_ms)
{
    struct address network = address_network(address);
    struct gate_visitor *visitor = table_find(&gate->visitors, network_hash(&network), &network);

    if (visitor != NULL) {
        return visitor;
    }
    make_room(gate);
    visitor = calloc(1, sizeof(*visitor));
    if (visitor == NULL) {
        return NULL;
    }
    visitor->network = network;
    visitor->filled_ms = now_ms;
    if (table_add(&gate->visitors, visitor) != FAIL_NONE) {
        free(visitor);
        return NULL;
    }
    return visitor;
}

/* --- How fast an address may come ----------------------------------------- */

static int64_t visits_per_minute(const struct gate *gate, const struct gate_visitor *visitor)
{
    int64_t visits = gate->options.address_per_minute;

    return visitor->known ? visits * gate->options.address_known_times : visits;
}

/* A visit costs MINUTE_MS; each millisecond gives back what a minute holds. */
static bool spend(const struct gate *gate, struct gate_visitor *visitor, int64_t now_ms)
{
    int64_t visits = visits_per_minute(gate, visitor);
    int64_t since_ms = now_ms - visitor->filled_ms;

    if (since_ms >= MINUTE_MS || since_ms * visits >= visitor->spent) {
        visitor->spent = 0;
    } else if (since_ms > 0) {
        visitor->spent -= since_ms * visits;
    }
    if (since_ms > 0) { /* the clocks of two loops may differ a little */
        visitor->filled_ms = now_ms;
    }
    if (visitor->spent + MINUTE_MS > visits * MINUTE_MS) {
        return false;
    }
    visitor->spent += MINUTE_MS;
    return true;
}

/* --- Coming and going ------------------------------------------------------ */

/* Terminals that are not there lend their places. An enrolment is a move from
 * one count to the other, so that it never needs a place of this sum. */
static bool is_full(const struct gate *gate)
{
    return gate->strangers + gate->terminals >=
           gate->options.strangers_max + gate->options.terminals_max;
}

static enum gate_answer visitor_may_enter(const struct gate *gate, struct gate_visitor *visitor,
                                          bool limited, int64_t now_ms)
{
    /* First: an address that has its share makes room among its own, so that it
     * pushes out nobody else's. */
    if (!visitor->is_proxy && visitor->inside >= gate->options.address_max) {
        return GATE_ADDRESS_FULL;
    }
    if (is_full(gate)) {
        return GATE_FULL;
    }
    if (visitor->is_proxy) {
        return GATE_ENTERED;
    }
    if (visitor->known && now_ms - visitor->known_ms >= GATE_KNOWN_MS) {
        visitor->known = false;
    }
    return !limited || spend(gate, visitor, now_ms) ? GATE_ENTERED : GATE_TOO_FAST;
}

enum gate_answer gate_enter(struct gate *gate, const struct address *address, int64_t now_ms,
                            struct gate_place *out)
{
    enum gate_answer answer = GATE_NO_MEMORY;
    struct gate_visitor *visitor;

    pthread_mutex_lock(&gate->lock);
    forget_some(gate, now_ms);
    visitor = address == NULL ? &gate->proxies : visitor_of(gate, address, now_ms);
    if (visitor != NULL) {
        bool limited = address != NULL && !address_is_loopback(address);

        answer = visitor_may_enter(gate, visitor, limited, now_ms);
        if (answer == GATE_ENTERED) {
            visitor->inside++;
            gate->strangers++;
            *out = (struct gate_place){.visitor = visitor};
        }
        visitor_file(gate, visitor);
    }
    pthread_mutex_unlock(&gate->lock);
    return answer;
}

static void stranger_leaves(struct gate *gate, struct gate_place *place)
{
    assert(place->visitor->inside > 0 && gate->strangers > 0);
    place->visitor->inside--;
    gate->strangers--;
    visitor_file(gate, place->visitor);
    place->visitor = NULL;
}

void gate_leave(struct gate *gate, struct gate_place *place)
{
    if (place->visitor == NULL && !place->enrolled) {
        return;
    }
    pthread_mutex_lock(&gate->lock);
    if (place->enrolled) {
        assert(gate->terminals > 0);
        gate->terminals--;
    } else {
        stranger_leaves(gate, place);
    }
    pthread_mutex_unlock(&gate->lock);
    *place = (struct gate_place){0};
}

bool gate_enrol(struct gate *gate, struct gate_place *place)
{
    bool enrolled;

    assert(place->enrolled || place->visitor != NULL);
    if (place->enrolled) {
        return true;
    }
    pthread_mutex_lock(&gate->lock);
    enrolled = gate->terminals < gate->options.terminals_max;
    if (enrolled) {
        stranger_leaves(gate, place);
        gate->terminals++;
        place->enrolled = true;
    }
    pthread_mutex_unlock(&gate->lock);
    return enrolled;
}

bool gate_place_is_of(const struct gate_place *place, const struct address *address)
{
    struct address network = address_network(address);

    /* Its network never changes while somebody is inside: no lock is needed. */
    return place->visitor != NULL && !place->visitor->is_proxy &&
           address_equals(&place->visitor->network, &network);
}

void gate_know(struct gate *gate, const struct address *address, int64_t now_ms)
{
    struct gate_visitor *visitor;

    pthread_mutex_lock(&gate->lock);
    visitor = visitor_of(gate, address, now_ms);
    if (visitor != NULL) { /* else it stays as unknown as everybody */
        visitor->known = true;
        visitor->known_ms = now_ms;
        visitor_file(gate, visitor);
    }
    pthread_mutex_unlock(&gate->lock);
}

struct gate_counts gate_count(struct gate *gate)
{
    struct gate_counts counts;

    pthread_mutex_lock(&gate->lock);
    counts = (struct gate_counts){.strangers = gate->strangers,
                                  .terminals = gate->terminals,
                                  .addresses = gate->visitors.count};
    pthread_mutex_unlock(&gate->lock);
    return counts;
}

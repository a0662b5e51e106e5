/* Places and turns.
 *
 * Only connections of the same loop are asked to go, for no loop may touch
 * another's. The kernel spreads connections evenly, so a crowd of strangers
 * stands on every loop. */
#include "net/guest.h"

#include <assert.h>
#include <stdlib.h>

#include "base/metric.h"
#include "net/serve.h"

/* Another loop may take the place that was made; then one more goes. */
enum { TRIES_MAX = 4 };

void guests_init(struct guests *guests, struct gate *gate)
{
    size_t i;

    guests->gate = gate;
    for (i = 0; i < GUEST_RANKS; i++) {
        list_init(&guests->turns[i]);
    }
}

static void place_leave(struct guests *guests, struct gate_place *place)
{
    if (guests->gate != NULL) {
        gate_leave(guests->gate, place);
    }
}

static struct guest *first_of(const struct list *turns, const struct address *address)
{
    struct list_link *link;

    for (link = list_first(turns); link != NULL; link = list_next(turns, link)) {
        struct guest *guest = LIST_ITEM(link, struct guest, link);

        if (address == NULL || gate_place_is_of(&guest->place, address)) {
            return guest;
        }
    }
    return NULL;
}

bool guests_make_room(struct guests *guests, const struct address *address)
{
    struct guest *guest = NULL;
    size_t i;

    for (i = 0; i < GUEST_RANKS && guest == NULL; i++) {
        guest = first_of(&guests->turns[i], address);
    }
    if (guest == NULL) {
        return false;
    }
    guest_stays(guest);
    place_leave(guests, &guest->place); /* at once: its end is told only later */
    conn_cut(guest->conn);
    counter_add(&serve_evicted, 1);
    return true;
}

enum gate_answer guests_admit(struct guests *guests, const struct address *address, int64_t now_ms,
                              struct gate_place *out)
{
    enum gate_answer answer = GATE_ENTERED;
    unsigned i;

    for (i = 0; i < TRIES_MAX && guests->gate != NULL; i++) {
        answer = gate_enter(guests->gate, address, now_ms, out);
        if ((answer != GATE_FULL && answer != GATE_ADDRESS_FULL) ||
            !guests_make_room(guests, answer == GATE_ADDRESS_FULL ? address : NULL)) {
            break;
        }
    }
    return answer;
}

enum fail guest_create(struct guest **out, struct guests *guests, const struct address *client,
                       struct gate_place *place)
{
    struct guest *guest = calloc(1, sizeof(*guest));

    if (guest == NULL) {
        place_leave(guests, place);
        return FAIL_MEMORY;
    }
    guest->guests = guests;
    guest->client = *client;
    guest->place = *place;
    *place = (struct gate_place){0};
    *out = guest;
    return FAIL_NONE;
}

void guest_destroy(struct guest **guest_at)
{
    struct guest *guest = *guest_at;

    if (guest == NULL) {
        return;
    }
    *guest_at = NULL;
    guest_stays(guest);
    place_leave(guest->guests, &guest->place);
    free(guest);
}

void guest_waits(struct guest *guest)
{
    list_remove(&guest->link);
    list_push_back(&guest->guests->turns[guest->rank], &guest->link);
}

void guest_stays(struct guest *guest)
{
    list_remove(&guest->link);
}

void guest_know(struct guest *guest, int64_t now_ms)
{
    bool waits = list_holds(&guest->link);

    if (guest->rank == GUEST_SILENT) {
        guest->rank = GUEST_PROVEN;
    }
    if (waits) {
        guest_waits(guest);
    }
    if (guest->guests->gate != NULL) {
        gate_know(guest->guests->gate, &guest->client, now_ms);
    }
}

bool guest_enrol(struct guest **guest_at, int64_t now_ms)
{
    struct guest *guest = *guest_at;
    struct gate *gate = guest->guests->gate;

    guest_know(guest, now_ms);
    guest_stays(guest);
    if (gate == NULL || guest->place.visitor == NULL || !gate_enrol(gate, &guest->place)) {
        return false; /* without a place of its own it still may stay */
    }
    guest->place = (struct gate_place){0}; /* the caller's from now on */
    if (!guest->proxied) {
        guest_destroy(guest_at);
    }
    return true;
}

void guests_terminal_left(struct guests *guests)
{
    gate_leave(guests->gate, &(struct gate_place){.enrolled = true});
}

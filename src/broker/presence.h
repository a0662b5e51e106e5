/* Who is connected now, and to which loop: one locked table for all loops.
 *
 * An entry lives inside its terminal's session. Only the session's own loop
 * adds, removes and frees it, so a pointer that was found on that loop stays
 * good there; other loops use only what presence_find copies out. */
#ifndef BROKER_PRESENCE_H
#define BROKER_PRESENCE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/table.h"
#include "base/task.h"
#include "core/code.h"

enum { PRESENCE_MAX = 1 << 20 };

struct presence {
    int64_t device;
    int64_t business;
    int64_t created_ms; /* of the device */
    struct task kick;   /* posted to its loop when another connection replaces it */
    unsigned loop;
    char code[CODE_SIZE]; /* "" without one */
    bool listening;       /* a ping may be shown; by the table's lock */
    bool ready;           /* Continue was pressed: payments too; by the table's lock */
    uint8_t screen;       /* enum payment_screen, of `payment`; by the table's lock */
    int64_t payment;      /* the one that its terminal last spoke of; by the table's lock */
    bool present;         /* in the table; by the table's lock */
    bool kicked;          /* `kick` is posted and has not run; by the table's lock */
};

struct presence_table {
    pthread_mutex_t lock;
    struct table by_device;
    struct table by_code; /* those with a code */
};

void presence_table_init(struct presence_table *table);
void presence_table_finish(struct presence_table *table);

/* Puts the entry in. An entry of the same device is taken out, and `kick` is
 * called for it under the lock, to post its task. FAIL_LIMIT, FAIL_MEMORY. */
MUST_CHECK enum fail presence_add(struct presence_table *table, struct presence *entry,
                                  void (*kick)(void *context, struct presence *old), void *context);
/* Takes the entry out, if it is in. False when its kick is still posted: then
 * the owner must keep it until the kick has run. */
bool presence_remove(struct presence_table *table, struct presence *entry);
/* The kick of this entry runs now: the owner may free it afterwards. */
void presence_kick_ran(struct presence_table *table, struct presence *entry);
void presence_set_listening(struct presence_table *table, struct presence *entry, bool listening);
void presence_set_ready(struct presence_table *table, struct presence *entry, bool ready);
void presence_set_screen(struct presence_table *table, struct presence *entry, int64_t payment,
                         unsigned screen);

struct presence_view {
    struct presence *entry; /* to be used on `loop` only */
    unsigned loop;
    bool listening;
    bool ready; /* and listening: payments are taken */
    unsigned screen;
    int64_t payment;
    int64_t created_ms;
};
/* FAIL_NOT_FOUND when no such device is connected (with that business). */
MUST_CHECK enum fail presence_find(struct presence_table *table, int64_t business, const char *code,
                                   struct presence_view *out);
/* The same by the device's id. */
MUST_CHECK enum fail presence_find_device(struct presence_table *table, int64_t business,
                                          int64_t device, struct presence_view *out);
bool presence_has_device(struct presence_table *table, int64_t device);
size_t presence_count(struct presence_table *table);

#endif

/* Who must wait before a password is looked at again (docs/why/lockout.md).
 *
 * Each try is counted twice: for whom it claims to be (the e-mail, whether such
 * a user exists or not) and for whence it comes (the address). A terminal that
 * has proven which one it is stands apart: its tries are counted for the e-mail
 * on terminals of that business, and for the terminal itself. So no stranger
 * locks a shop out. In memory: a restart forgets. */
#ifndef BROKER_LOCKOUT_H
#define BROKER_LOCKOUT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/list.h"
#include "base/metric.h"
#include "base/secret.h"
#include "base/table.h"
#include "base/task.h"
#include "core/lockout.h"

enum { LOCKOUT_KEYS_MAX = 100000 };

struct lockout_table {
    pthread_mutex_t lock;
    struct table entries;
    struct list light;   /* without delays, and no try under way; longest quiet first */
    struct list heavy;   /* likewise, with delays */
    struct list waiting; /* struct lockout_place, in the order of their coming */
    size_t limit;
};

void lockout_table_init(struct lockout_table *table, size_t limit);
void lockout_table_finish(struct lockout_table *table);

/* Whose try it is. */
struct lockout_asker {
    const char *email;       /* folded; borrowed */
    int64_t proven_business; /* of the terminal that has proven itself; else 0 */
    int64_t proven_device;
    struct address address; /* of one that has not */
};

/* A try that is under way, or waits for its turn. Zeros: none. */
struct lockout_entry;
struct lockout_place {
    struct lockout_entry *user;
    struct lockout_entry *origin; /* NULL for a loopback address */
    struct list_link waiting;     /* in table->waiting */
    const struct lockout_entry *awaited;
    /* Its turn may have come: shall enter again. Runs on `home`. */
    struct task turn;
    struct executor *home; /* borrowed */
};

enum lockout_answer {
    LOCKOUT_ADMITTED,
    LOCKOUT_WAITING, /* for those under way; place->turn runs once one of them is over */
    LOCKOUT_LOCKED,  /* nothing is counted */
    LOCKOUT_NO_ROOM, /* of memory or of entries: nothing is counted */
};
struct lockout_verdict {
    enum lockout_answer answer;
    int64_t wait_ms; /* when LOCKOUT_LOCKED: for how long */
    bool is_first;   /* when LOCKOUT_LOCKED: nobody was told of this delay before */
};
/* All from any thread. `place` has its `turn` and `home`, and stays where it is
 * until it has left or was not admitted. */
struct lockout_verdict lockout_enter(struct lockout_table *table, const struct lockout_asker *asker,
                                     struct lockout_place *place);
/* What the try came to. A right password forgets the user's wrong ones, and
 * leaves those of the origin: somebody who has an account must not get free
 * tries for others by it. Accepts a place that is none; it is none afterwards. */
void lockout_leave(struct lockout_table *table, struct lockout_place *place,
                   enum lockout_result result);
size_t lockout_table_count(struct lockout_table *table);

#endif

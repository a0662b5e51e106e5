/* Everything that is wrong with a call, named at once (contract.md, Common): on
 * /devices an array of sentences, elsewhere an object of field and sentence. */
#ifndef API_FLAWS_H
#define API_FLAWS_H

#include <stdbool.h>

#include "api/reply.h"
#include "base/buf.h"

struct flaws {
    enum reply_errors form;
    unsigned count;
    bool closed;
    struct buf json; /* owned */
};

/* Allocates nothing yet. */
void flaws_init(struct flaws *flaws, enum reply_errors form);
void flaws_finish(struct flaws *flaws);

/* "currency", "is missing: CAD or USD"; each field once. */
void flaws_add(struct flaws *flaws, const char *field, const char *sentence);
/* A sentence that is of no field; it is the only one then. */
void flaws_say(struct flaws *flaws, const char *sentence);

bool flaws_exist(const struct flaws *flaws);
/* The body of the answer, after which none is added; NULL when there was no
 * memory for it. Borrowed until flaws_finish. */
const struct buf *flaws_json(struct flaws *flaws);

#endif

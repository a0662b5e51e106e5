/* Everything that is wrong with a call, named at once (contract.md, Common): on
 * /devices an array of sentences, elsewhere an object of field and sentence. */
#ifndef API_PROBLEMS_H
#define API_PROBLEMS_H

#include <stdbool.h>

#include "api/reply.h"
#include "base/buf.h"

struct problems {
    enum reply_errors form;
    unsigned count;
    bool closed;
    struct buf json; /* owned */
};

/* Allocates nothing yet. */
void problems_init(struct problems *problems, enum reply_errors form);
void problems_finish(struct problems *problems);

/* "currency", "is missing: CAD or USD"; each field once. */
void problems_add(struct problems *problems, const char *field, const char *sentence);
/* A sentence that is of no field; it is the only one then. */
void problems_say(struct problems *problems, const char *sentence);

bool problems_exist(const struct problems *problems);
/* The body of the answer, after which none is added; NULL when there was no
 * memory for it. Borrowed until problems_finish. */
const struct buf *problems_json(struct problems *problems);

#endif

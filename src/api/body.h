/* The body of a request: one JSON object. Its Content-Type is not insisted upon. */
#ifndef API_BODY_H
#define API_BODY_H

#include "api/flaws.h"
#include "base/fail.h"
#include "base/text.h"
#include "wire/json.h"

/* Reads it into `document`, which the caller has made and finishes. What is
 * wrong with it is said in one sentence, with the place where it broke; then
 * there is no value to look at. `example` shows what is wanted. FAIL_MEMORY. */
MUST_CHECK enum fail body_read(struct json_document *document, struct slice body,
                               const char *example, struct flaws *flaws);

/* A text that may be left out, also as null or "", of at most `max` characters
 * without control characters: "" where it is left out or wrong. */
struct body_text {
    const char *name;
    size_t max;
    size_t size;      /* of what it is copied to: four bytes a character, and the zero */
    const char *rule; /* "must be a text of at most 64 characters without control characters" */
};
void body_text(const struct json_document *document, const struct body_text *what, char *out,
               struct flaws *flaws);

#endif

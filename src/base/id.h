/* Randomness: every random number of the program comes through here, so that
 * a test can replay it from a seed. */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stddef.h>
#include <stdint.h>

/* libsodium must be started once before anything of this room that uses it
 * (id, secret, password, table). Ends the program when the system has no
 * randomness to give. */
void id_start(void);

void id_random(void *out, size_t length);
/* Evenly from 0 to `bound` - 1; `bound` > 0. */
uint32_t id_random_below(uint32_t bound);

/* `length` characters of a-z 0-9 without 0, 1, l, o, and a closing zero:
 * `out` holds length + 1 bytes. About 5 bits each. */
void id_random_text(char *out, size_t length);

/* For tests; NULL brings the system's randomness back. Not while threads run. */
typedef void id_source(void *context, void *out, size_t length);
void id_replace(id_source *source, void *context);

#endif

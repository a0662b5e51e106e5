/* Device codes: four characters that a person reads off a terminal and types
 * into a point of sale (contract.md, Devices).
 *
 * A code is an address, not a secret. New ones are minted without look-alikes
 * (no 0, O, 1, I) and without vowels, so that none is a word that a shop would
 * not want on its counter; requests may name any of A-Z 0-9, in either case. */
#ifndef CORE_CODE_H
#define CORE_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum {
    CODE_LENGTH = 4,
    CODE_SIZE = CODE_LENGTH + 1,
    CODE_COUNT = 29 * 29 * 29 * 29, /* 707,281 can be minted for one business */
};

/* The code number `number` of CODE_COUNT, zero-terminated; one to one. */
void code_from_number(uint32_t number, char out[CODE_SIZE]);

/* True, and the upper-case code in `out`, when the text is four of A-Z a-z 0-9. */
bool code_read(struct slice text, char out[CODE_SIZE]);

#endif

/* Amounts of money: integers of the currency's minor unit, read from and
 * written as the decimal text of a JSON number (contract.md, Common). No
 * floating point touches money. */
#ifndef CORE_MONEY_H
#define CORE_MONEY_H

#include <stdint.h>

#include "base/text.h"

enum {
    MONEY_TEXT_MAX = 32, /* bytes of a number that is read */
    MONEY_SIZE = 24,     /* of one that is written, with its zero */
};

#define MONEY_MAX_MINOR INT64_C(999999999) /* 9,999,999.99 */

/* The text of a JSON number as minor units: 0 < amount <= MONEY_MAX_MINOR, at
 * most two decimals that matter ("10.990" is 1099, "1e2" is 10000). NULL, or a
 * static sentence that fits after the field's name ("must be a number greater
 * than 0"), and `minor` untouched. Anything that is no JSON number is refused
 * too. */
const char *money_read(struct slice number, int64_t *minor);

/* As JSON has it, without trailing zeros: "52.5", "1". `minor` >= 0. */
void money_write(int64_t minor, char out[MONEY_SIZE]);
/* For people, always with two decimals: "52.50". */
void money_show(int64_t minor, char out[MONEY_SIZE]);

#endif

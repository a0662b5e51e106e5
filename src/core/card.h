/* What may be known of a card: never its number (architecture.md, Law 7). */
#ifndef CORE_CARD_H
#define CORE_CARD_H

#include <stdbool.h>

#include "base/text.h"

enum card_brand {
    CARD_VISA,
    CARD_MASTERCARD,
    CARD_AMEX,
    CARD_DISCOVER,
    CARD_INTERAC,
    CARD_BRANDS,
    CARD_UNKNOWN = 99, /* a person says that a card was used, and no more is known of it: its
                          kind and entry say nothing, its texts are empty */
};
enum card_kind { CARD_CREDIT, CARD_DEBIT, CARD_KINDS };
/* How it was read. */
enum card_entry { CARD_TAP, CARD_INSERT, CARD_SWIPE, CARD_ENTRIES };

enum {
    CARD_FIRST_SIZE = 7,  /* its first six digits */
    CARD_LAST_SIZE = 5,   /* its last four */
    CARD_HOLDER_MAX = 26, /* characters, none of them a digit; ISO/IEC 7813 */
    CARD_HOLDER_SIZE = CARD_HOLDER_MAX * 4 + 1,
    CARD_REFERENCE_MIN = 8, /* letters: what the terminal calls this card, always the same */
    CARD_REFERENCE_MAX = 32,
    CARD_REFERENCE_SIZE = CARD_REFERENCE_MAX + 1,
    CARD_TOKEN_SIZE = 17, /* ours, of a card and a business: 16 of A-Z 0-9 */
};

struct card {
    enum card_brand brand;
    enum card_kind kind;
    enum card_entry entry;
    char first_six[CARD_FIRST_SIZE];
    char last_four[CARD_LAST_SIZE];
    char holder[CARD_HOLDER_SIZE];       /* "" where the card names nobody */
    char reference[CARD_REFERENCE_SIZE]; /* letters only: no number fits */
};

/* "visa", "mastercard", "amex", "discover", "interac": on the terminal's wire
 * and for options. CARD_UNKNOWN has none: NULL. */
const char *card_brand_name(enum card_brand brand);
bool card_brand_read(struct slice word, enum card_brand *out);
/* "VI", "MC", "AX", "DI", "IN": the API's cardType (contract.md, Results); ""
 * of CARD_UNKNOWN. */
const char *card_type_name(enum card_brand brand);
/* "credit", "debit". */
const char *card_kind_name(enum card_kind kind);
bool card_kind_read(struct slice word, enum card_kind *out);
/* "tap", "insert", "swipe". */
const char *card_entry_name(enum card_entry entry);
bool card_entry_read(struct slice word, enum card_entry *out);

/* --- Test cards ------------------------------------------------------------- */

/* A card of the tray: a published test number's first six and last four. */
struct test_card {
    const char *name; /* "visa": of --card; "visa-2" where a brand has two */
    struct card card; /* `entry` says nothing */
};
extern const struct test_card TEST_CARDS[];
extern const unsigned TEST_CARDS_COUNT;
/* NULL when there is none of that name. */
const struct test_card *test_card_find(struct slice name);

#endif

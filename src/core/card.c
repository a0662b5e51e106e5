/* Names of cards, and the tray of test cards. */
#include "core/card.h"

#include <assert.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char *const BRAND_NAMES[CARD_BRANDS] = {
    [CARD_VISA] = "visa",         [CARD_MASTERCARD] = "mastercard", [CARD_AMEX] = "amex",
    [CARD_DISCOVER] = "discover", [CARD_INTERAC] = "interac",
};
static const char *const TYPE_NAMES[CARD_BRANDS] = {
    [CARD_VISA] = "VI",     [CARD_MASTERCARD] = "MC", [CARD_AMEX] = "AX",
    [CARD_DISCOVER] = "DI", [CARD_INTERAC] = "IN",
};
static const char *const KIND_NAMES[CARD_KINDS] = {
    [CARD_CREDIT] = "credit",
    [CARD_DEBIT] = "debit",
};
static const char *const ENTRY_NAMES[CARD_ENTRIES] = {
    [CARD_TAP] = "tap",
    [CARD_INSERT] = "insert",
    [CARD_SWIPE] = "swipe",
};

/* The place of `word` among the names; `count` when it is none of them. */
static unsigned name_find(struct slice word, const char *const *names, unsigned count)
{
    unsigned i = 0;

    while (i < count && !slice_is(word, names[i])) {
        i++;
    }
    return i;
}

const char *card_brand_name(enum card_brand brand)
{
    assert(brand < CARD_BRANDS || brand == CARD_UNKNOWN);
    return brand == CARD_UNKNOWN ? NULL : BRAND_NAMES[brand];
}

bool card_brand_read(struct slice word, enum card_brand *out)
{
    unsigned found = name_find(word, BRAND_NAMES, CARD_BRANDS);

    if (found == CARD_BRANDS) {
        return false;
    }
    *out = (enum card_brand)found;
    return true;
}

const char *card_type_name(enum card_brand brand)
{
    assert(brand < CARD_BRANDS || brand == CARD_UNKNOWN);
    return brand == CARD_UNKNOWN ? "" : TYPE_NAMES[brand];
}

const char *card_kind_name(enum card_kind kind)
{
    assert(kind < CARD_KINDS);
    return KIND_NAMES[kind];
}

bool card_kind_read(struct slice word, enum card_kind *out)
{
    unsigned found = name_find(word, KIND_NAMES, CARD_KINDS);

    if (found == CARD_KINDS) {
        return false;
    }
    *out = (enum card_kind)found;
    return true;
}

const char *card_entry_name(enum card_entry entry)
{
    assert(entry < CARD_ENTRIES);
    return ENTRY_NAMES[entry];
}

bool card_entry_read(struct slice word, enum card_entry *out)
{
    unsigned found = name_find(word, ENTRY_NAMES, CARD_ENTRIES);

    if (found == CARD_ENTRIES) {
        return false;
    }
    *out = (enum card_entry)found;
    return true;
}

/* --- Test cards ------------------------------------------------------------- */

/* contract.md, The test processor. Six and four digits are all there is of each.
 *
 * The Interac card is ours. Its first six begin with 9, which ISO/IEC 7812
 * leaves to national bodies: a country's number of ISO 3166-1 follows. 900 to
 * 999 are there for private use and never become a country's, so a card that
 * begins with 9999 belongs to nobody. Like many of its kind it names nobody
 * either. */
const struct test_card TEST_CARDS[] = {
    {"visa",
     {CARD_VISA, CARD_CREDIT, CARD_TAP, "412493", "9990", "TESSA TESTCARD", "VisaTestCardOne"}},
    {"visa-2",
     {CARD_VISA, CARD_CREDIT, CARD_TAP, "400000", "0028", "TOBIAS TRYOUT", "VisaTestCardTwo"}},
    {"mastercard",
     {CARD_MASTERCARD, CARD_CREDIT, CARD_TAP, "541333", "9130", "MINA MAKEBELIEVE",
      "MastercardTestCardOne"}},
    {"mastercard-2",
     {CARD_MASTERCARD, CARD_CREDIT, CARD_TAP, "541333", "0011", "PERRY PRETEND",
      "MastercardTestCardTwo"}},
    {"amex",
     {CARD_AMEX, CARD_CREDIT, CARD_TAP, "374245", "1006", "EXA EXAMPLE", "AmexTestCardOne"}},
    {"discover",
     {CARD_DISCOVER, CARD_CREDIT, CARD_TAP, "601197", "0005", "DORA DUMMY", "DiscoverTestCardOne"}},
    {"discover-2",
     {CARD_DISCOVER, CARD_CREDIT, CARD_TAP, "601145", "3333", "NOAH NOBODY",
      "DiscoverTestCardTwo"}},
    {"interac", {CARD_INTERAC, CARD_DEBIT, CARD_TAP, "999901", "0017", "", "InteracTestCardOne"}},
};
const unsigned TEST_CARDS_COUNT = COUNT_OF(TEST_CARDS);

const struct test_card *test_card_find(struct slice name)
{
    unsigned i;

    for (i = 0; i < TEST_CARDS_COUNT; i++) {
        if (slice_is(name, TEST_CARDS[i].name)) {
            return &TEST_CARDS[i];
        }
    }
    return NULL;
}

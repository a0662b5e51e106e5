/* The person in front of a headless terminal: what --pay, --card, --entry,
 * --try-again and --delay make of them. Pure. */
#ifndef TERMINAL_PERSON_H
#define TERMINAL_PERSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "core/card.h"

enum { PERSON_TRY_AGAIN_MAX = 9, PERSON_DELAY_MAX_MS = 3600000 };

/* How they are: the words of --pay. */
enum person_way {
    PERSON_APPROVE, /* presents the card, and lets its authority decide */
    PERSON_CANCEL,  /* cancels at the card screen */
    PERSON_IGNORE,  /* does nothing at all */
    PERSON_ASK,     /* is a real one, who types */
    PERSON_WAYS,
};

struct person {
    enum person_way way;
    const struct test_card *card; /* what they present; static */
    enum card_entry entry;
    uint32_t try_again; /* times, after a decline */
    uint32_t delay_ms;  /* before each thing that they do */
};

/* Where they stand. */
enum person_moment {
    PERSON_AT_CARD,  /* the reader is on */
    PERSON_AT_PIN,   /* the card asks for its PIN */
    PERSON_AT_RETRY, /* declined: Try again, or not */
};

enum person_act {
    PERSON_WAITS, /* for ever: nothing is done until something else happens */
    PERSON_PRESENTS,
    PERSON_ENTERS_PIN,
    PERSON_TRIES_AGAIN,
    PERSON_CANCELS,
};

/* Who is there when nothing was said: presents a Visa by tap. */
struct person person_default(void);
/* "approve", "cancel", "ignore", "ask". */
bool person_way_read(struct slice word, enum person_way *out);
/* What they do at a moment; `attempts` cards were presented before. */
enum person_act person_decide(const struct person *person, enum person_moment moment,
                              uint32_t attempts);

/* A line that a person types: "approve" (their card), "card NAME", "cancel",
 * "retry". */
struct person_command {
    enum person_act act;
    const struct test_card *card; /* of PERSON_PRESENTS; NULL: their own */
};
/* NULL, or a sentence that says what may be typed. */
const char *person_command_read(struct slice line, struct person_command *out);

#endif

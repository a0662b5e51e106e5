/* A person without a will of their own, and the words of one who has it. */
#include "terminal/person.h"

#include <assert.h>

struct person person_default(void)
{
    struct person person = {
        .way = PERSON_APPROVE,
        .card = test_card_find(slice_of("visa")),
        .entry = CARD_TAP,
    };

    assert(person.card != NULL);
    return person;
}

bool person_way_read(struct slice word, enum person_way *out)
{
    static const char *const names[PERSON_WAYS] = {
        [PERSON_APPROVE] = "approve",
        [PERSON_CANCEL] = "cancel",
        [PERSON_IGNORE] = "ignore",
        [PERSON_ASK] = "ask",
    };
    unsigned way;

    for (way = 0; way < PERSON_WAYS; way++) {
        if (slice_is(word, names[way])) {
            *out = (enum person_way)way;
            return true;
        }
    }
    return false;
}

enum person_act person_decide(const struct person *person, enum person_moment moment,
                              uint32_t attempts)
{
    if (person->way == PERSON_IGNORE) {
        return PERSON_WAITS;
    }
    if (moment == PERSON_AT_PIN) { /* whoever presents a card knows its PIN, also when they type */
        return PERSON_ENTERS_PIN;
    }
    if (person->way == PERSON_ASK) {
        return PERSON_WAITS;
    }
    if (person->way == PERSON_CANCEL) {
        return PERSON_CANCELS;
    }
    if (moment == PERSON_AT_CARD) {
        return PERSON_PRESENTS;
    }
    return attempts <= person->try_again ? PERSON_TRIES_AGAIN : PERSON_CANCELS;
}

const char *person_command_read(struct slice line, struct person_command *out)
{
    struct slice rest = slice_trim(line);
    struct slice word = slice_of("");

    *out = (struct person_command){.act = PERSON_WAITS};
    if (rest.length == 0 || !slice_next_part(&rest, ' ', &word)) {
        return NULL; /* an empty line says nothing */
    }
    if (slice_is(word, "card")) {
        out->card = rest.bytes == NULL ? NULL : test_card_find(slice_trim(rest));
        out->act = PERSON_PRESENTS;
        return out->card != NULL ? NULL
                                 : "There is no card of that name. Type card and the name of a "
                                   "test card, as in: card visa";
    }
    if (rest.bytes == NULL && slice_is(word, "approve")) {
        out->act = PERSON_PRESENTS;
    } else if (rest.bytes == NULL && slice_is(word, "cancel")) {
        out->act = PERSON_CANCELS;
    } else if (rest.bytes == NULL && slice_is(word, "retry")) {
        out->act = PERSON_TRIES_AGAIN;
    } else {
        return "This is not a thing to do here. Type approve, card NAME, retry or cancel.";
    }
    return NULL;
}

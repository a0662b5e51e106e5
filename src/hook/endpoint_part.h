/* What the files of an endpoint share. Private to hook/. */
#ifndef HOOK_ENDPOINT_PART_H
#define HOOK_ENDPOINT_PART_H

#include "base/secret.h"
#include "hook/endpoint.h"
#include "hook/letter.h"

/* The first of its letters in this state; NULL: none. */
struct letter *endpoint_letter(const struct endpoint *endpoint, enum letter_state state);
unsigned endpoint_count(const struct endpoint *endpoint, enum letter_state state);
/* Destroys those in this state. */
void endpoint_drop(struct endpoint *endpoint, enum letter_state state);

void endpoint_ask_turn(struct endpoint *endpoint);
/* The one function that changes its state. */
void endpoint_set_state(struct endpoint *endpoint, enum endpoint_state state);
/* RESTING until `probe` is tried again. */
void endpoint_rest(struct endpoint *endpoint, const struct delivery_row *probe);
/* When: now, where the store has a time that a wrong clock wrote. */
int64_t endpoint_probe_due_ms(const struct endpoint *endpoint, int64_t now_ms);
uint64_t endpoint_url_hash(const char *url);
/* Trouble of ours: nothing for a second. */
void endpoint_trouble(struct endpoint *endpoint, const char *what, enum fail fail);

/* Callbacks of its letters. */
void endpoint_on_answered(struct letter *letter);
void endpoint_on_saved(struct letter *letter, enum fail fail);
/* Looks into the store for at most `limit` deliveries; may be done before this
 * returns. */
void endpoint_load(struct endpoint *endpoint, unsigned limit);

#endif

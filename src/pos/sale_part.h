/* What the files of a sale know of each other. */
#ifndef POS_SALE_PART_H
#define POS_SALE_PART_H

#include "pos/sale.h"

/* Pauses between questions: short while something happens, then longer. */
struct sale_pace {
    int64_t wait_ms;
    int64_t answered_ms;            /* when there was an answer last */
    char problem[POS_PROBLEM_SIZE]; /* the trouble that was told; "": none */
};
void sale_pace_start(const struct sale *sale, struct sale_pace *pace);
/* Something has happened: the next question soon. */
void sale_pace_quicken(struct sale_pace *pace);
/* There was an answer. */
void sale_pace_answered(const struct sale *sale, struct sale_pace *pace);
/* There was none that can be used: tells it once. False when that cannot change
 * any more, or has been so for too long; the sale's problem then says why. */
bool sale_pace_trouble(struct sale *sale, struct sale_pace *pace,
                       const struct pos_refusal *refusal);
void sale_pace_wait(const struct sale *sale, struct sale_pace *pace);

int64_t sale_now_ms(const struct sale *sale);
bool sale_is_cancel_wanted(const struct sale *sale);
void sale_tell(const struct sale *sale, enum sale_step_kind kind, const char *text,
               int64_t transaction);
__attribute__((format(printf, 2, 3))) void sale_problem(struct sale *sale, const char *format, ...);

/* Each follows a started sale until it has its end: at its Location; */
enum sale_end sale_follow(struct sale *sale);
/* by its invoice number. `last`: transactions up to this id are not this sale's. */
enum sale_end sale_search(struct sale *sale, int64_t last);

#endif

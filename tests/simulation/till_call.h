/* Of the tills: their calls, from the till to the server and back. A call may be
 * lost on either way. */
#ifndef TESTS_SIMULATION_TILL_CALL_H
#define TESTS_SIMULATION_TILL_CALL_H

#include <stdbool.h>

#include "simulation/till.h"

void till_call_post(struct till_sale *sale);
void till_call_cancel(struct till_sale *sale, bool reverse_if_approved);
void till_call_read(struct till_sale *sale);

/* The till's: a 202 has come. */
void till_is_accepted(struct till_sale *sale, int64_t payment);

#endif

/* Of the terminals: what they hear and say of payments is written down, and what
 * must hold of it at once is looked at (I4 in part, I6, I7, I10). */
#ifndef TESTS_SIMULATION_TERMINAL_JOURNAL_H
#define TESTS_SIMULATION_TERMINAL_JOURNAL_H

#include "simulation/terminal.h"

void journal_hears(struct terminal *terminal, const struct terminal_message *message);
void journal_says(struct terminal *terminal, const struct sale_effect *effect);

#endif

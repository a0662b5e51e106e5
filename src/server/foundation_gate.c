/* FOUNDATION: what net/gate.c is to have, until it does; this file goes then.
 * Weak, so that it is in nobody's way. */
#include "net/gate.h"

__attribute__((weak)) const struct gate_options GATE_USUAL = {.strangers_max = 4000,
                                                              .terminals_max = 15500,
                                                              .address_max = 1000,
                                                              .address_per_minute = 600,
                                                              .address_known_times = 20};

/* A terminal's connection: frames in order both ways, each after a time of its
 * own, until an end is lost. */
#ifndef TESTS_SIMULATION_CABLE_H
#define TESTS_SIMULATION_CABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "simulation/world.h"

struct cable;

/* What the terminal's end hears. */
struct cable_events {
    void (*on_open)(struct terminal *terminal);
    void (*on_message)(struct terminal *terminal, struct slice text);
    /* Once; the cable is not the terminal's any more. */
    void (*on_end)(struct terminal *terminal, unsigned code);
};

/* The server is asked; on_open or on_end follows. */
struct cable *cable_dial(struct world *world, struct terminal *terminal,
                         const struct cable_events *events);
void cable_say(struct cable *cable, struct slice text);
/* With a close frame; on_end follows. */
void cable_hang_up(struct cable *cable, unsigned code);
/* The terminal is off: it hears nothing more, and the server learns of it when
 * nothing answers. */
void cable_drop(struct cable *cable);
/* Both ends are reset; what is on its way is lost. */
void cable_cut(struct cable *cable);
/* Nothing gets through for so long; then all that was sent, if both ends are there. */
void cable_stall(struct cable *cable, int64_t delay_ms);
unsigned cable_number(const struct cable *cable);

/* The server has ended: its ends of all cables are closed, and freed inside. */
void cable_server_ends(struct world *world, bool silently);
/* All are cut, none in the middle of its end. */
void cable_calm(struct world *world);
void cable_free_all(struct world *world);

#endif

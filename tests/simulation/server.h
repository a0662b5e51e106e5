/* The server of a run: the real broker, store, hubs, sessions and courier on
 * still loops, and its process, which ends and begins anew. */
#ifndef TESTS_SIMULATION_SERVER_H
#define TESTS_SIMULATION_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/task.h"
#include "simulation/world.h"
#include "store/store.h"

struct hub;
struct loop;
struct broker;

enum server_end {
    SERVER_STOPS,       /* asked to, in good order */
    SERVER_IS_KILLED,   /* the process alone: connections are reset */
    SERVER_LOSES_POWER, /* the machine: nobody hears of it */
};

void server_create(struct world *world);
void server_destroy(struct world *world);

void server_start(struct world *world);
void server_end(struct world *world, enum server_end end);
/* Does what has become due and what was posted; ends it where its disk has failed. */
void server_turn(struct world *world);
/* When something of it is due; -1: nothing is. */
int64_t server_due_ms(const struct world *world);
/* It can be reached. */
bool server_is_up(const struct world *world);
/* Its power fails in the middle of what it does now: nothing that it says gets out. */
bool server_is_silent(const struct world *world);

struct broker *server_broker(struct world *world);
struct hub *server_hub(struct world *world, unsigned loop);
struct store *server_store(struct world *world);
struct executor *server_executor(struct world *world, unsigned loop);
/* Calls of points of sale that it has not answered. */
unsigned *server_calls(struct world *world);
uint64_t server_commits(struct world *world);
/* How often it was started. */
uint64_t server_starts(const struct world *world);

/* In a job of its own, waited for; never inside another. */
enum fail server_read(struct world *world, struct store_job *job);
enum fail server_write(struct world *world, struct store_job *job);
/* For an administrator's change: what is posted to the loops is done at once. */
void server_tell_now(struct world *world, bool now);

#endif

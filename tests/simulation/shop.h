/* A business of the run: what is in the database before the first sale, its
 * receiver, and what its administrator does. */
#ifndef TESTS_SIMULATION_SHOP_H
#define TESTS_SIMULATION_SHOP_H

#include <stdbool.h>
#include <stdint.h>

#include "simulation/receiver.h"
#include "simulation/world.h"

enum { SHOP_EMAIL_SIZE = 40 };
#define SHOP_PASSWORD "correct horse"

struct shop {
    struct world *world;
    unsigned number;
    int64_t business;
    int64_t user;
    bool by_device; /* processor: the terminals decide; else the server */
    bool preset_helcim;
    bool api_mode;
    char email[SHOP_EMAIL_SIZE];
    struct receiver receiver;
};

/* While the server is up: writes all shops and terminals of the world down. */
void shops_open(struct world *world);
void shop_destroy(struct shop **shop);
/* By its webhook's url. */
struct receiver *shop_receiver(struct world *world, const char *url);
/* The administrator switches it. */
void shop_set_api_mode(struct shop *shop, bool on);
/* The administrator resolves a payment that is unknown, if there is one. */
void shop_resolve(struct shop *shop);

#endif

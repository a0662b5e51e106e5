/* Many businesses with one till and one webhook each. */
#ifndef TESTS_HOOK_SHOPS_H
#define TESTS_HOOK_SHOPS_H

#include "unit/hook/scene.h"

struct shops {
    struct scene *scene;
    unsigned count;
    struct till *tills;
};

/* Each with a webhook of its own. */
static inline enum fail shops_make(struct store_tx *tx, void *argument)
{
    struct shops *shops = argument;
    uint8_t secret[WEBHOOK_SECRET_SIZE];
    unsigned i;

    secret_of(1, secret);
    for (i = 0; i < shops->count; i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "shop-%u", i);
        shops->tills[i] = till_make(tx, name);
        (void)snprintf(name, sizeof(name), "https://%u.example/", i);
        WORKS(store_webhook_set(tx, shops->tills[i].business, name, 3, secret, NOW_MS));
    }
    return FAIL_NONE;
}

static inline enum fail shops_pay(struct store_tx *tx, void *argument)
{
    struct shops *shops = argument;
    unsigned i;

    for (i = 0; i < shops->count; i++) {
        struct scene_payments add = {.scene = shops->scene, .till = &shops->tills[i], .count = 1};

        WORKS(scene_payments_verb(tx, &add));
    }
    return FAIL_NONE;
}

static inline struct shops shops_of(struct scene *scene, unsigned count)
{
    struct shops shops = {.scene = scene, .count = count};

    shops.tills = calloc(count, sizeof(*shops.tills));
    assert_non_null(shops.tills);
    scene_do(scene, shops_make, &shops);
    return shops;
}

#endif

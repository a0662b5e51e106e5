#include "simulation/shop.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "broker/broker.h"
#include "broker/payment_admin.h"
#include "cheap_password.h"
#include "processor/processor.h"
#include "simulation/server.h"
#include "simulation/terminal.h"
#include "simulation/watch.h"
#include "store/delivery.h"
#include "store/payment.h"
#include "store/read.h"

enum { URL_SIZE = 60, RESOLVE_ROWS = 20 };

#define WORKS(call)                                                                                \
    do {                                                                                           \
        enum fail fail_of_call = (call);                                                           \
        assert(fail_of_call == FAIL_NONE);                                                         \
        (void)fail_of_call;                                                                        \
    } while (0)

/* --- What is there at first ------------------------------------------------------- */

static void people_add(struct store_tx *tx, struct shop *shop)
{
    char hash[PASSWORD_HASH_SIZE];
    struct store_user_new user = {.business = shop->business,
                                  .name = "Ada",
                                  .email = shop->email,
                                  .password_hash = hash,
                                  .role = ROLE_CASHIER,
                                  .now_ms = clock_wall_ms()};
    const char *taken = NULL;

    cheap_password_hash(SHOP_PASSWORD, hash);
    WORKS(store_user_add(tx, &user, &shop->user, &taken));
}

static void webhook_add(struct store_tx *tx, struct shop *shop)
{
    char url[URL_SIZE];

    (void)snprintf(url, sizeof(url), "https://shop.example/%u", shop->number);
    id_random(shop->receiver.secret, sizeof(shop->receiver.secret));
    WORKS(store_webhook_set(tx, shop->business, url, (1U << EVENT_KINDS) - 1, shop->receiver.secret,
                            clock_wall_ms()));
}

static void shop_add(struct store_tx *tx, struct shop *shop)
{
    char name[SHOP_EMAIL_SIZE];

    (void)snprintf(name, sizeof(name), "Shop %u", shop->number);
    (void)snprintf(shop->email, sizeof(shop->email), "ada@shop%u.example", shop->number);
    WORKS(store_business_add(tx, name, "CAD", true, clock_wall_ms(), &shop->business));
    WORKS(store_business_set_preset(tx, shop->business, shop->preset_helcim));
    WORKS(store_business_set_processor(tx, shop->business,
                                       shop->by_device ? PROCESSOR_DEVICE : PROCESSOR_TEST));
    people_add(tx, shop);
    webhook_add(tx, shop);
}

/* It has logged in once, long ago. */
static void terminal_add(struct store_tx *tx, struct terminal *terminal)
{
    struct settings *settings = &terminal->disk.settings;
    struct secret_hash hash;
    struct store_registration registration = {.business = terminal->shop->business,
                                              .serial = settings->serial,
                                              .user = terminal->shop->user,
                                              .with_code = true,
                                              .credential = &hash,
                                              .now_ms = clock_wall_ms()};
    struct device device = {0};

    (void)snprintf(settings->serial, sizeof(settings->serial), "T%u", terminal->number);
    secret_make(settings->credential);
    hash = secret_hash_of(slice_of(settings->credential));
    WORKS(store_device_register(tx, &registration, &device));
    terminal->device = device.id;
    (void)snprintf(terminal->code, sizeof(terminal->code), "%s", device.code);
    (void)snprintf(settings->code, sizeof(settings->code), "%s", device.code);
    (void)snprintf(settings->business_name, sizeof(settings->business_name), "Shop %u",
                   terminal->shop->number);
    settings->business = terminal->shop->business;
    settings->continued = true;
}

struct shop_job {
    struct store_job job;
    struct world *world;
    struct shop *shop;
    int64_t payment;
    enum payment_state state;
    struct payment_after after;
};

static enum fail open_run(struct store_job *job, struct store_tx *tx)
{
    struct world *world = LIST_ITEM(job, struct shop_job, job)->world;
    unsigned i;

    for (i = 0; i < world->shop_count; i++) {
        shop_add(tx, world->shops[i]);
    }
    for (i = 0; i < world->terminal_count; i++) {
        terminal_add(tx, world->terminals[i]);
    }
    return FAIL_NONE;
}

void shops_open(struct world *world)
{
    struct shop_job job = {.job.run = open_run, .world = world};

    WORKS(server_write(world, &job.job));
}

void shop_destroy(struct shop **shop_at)
{
    struct shop *shop = *shop_at;

    if (shop == NULL) {
        return;
    }
    *shop_at = NULL;
    receiver_finish(&shop->receiver);
    free(shop);
}

struct receiver *shop_receiver(struct world *world, const char *url)
{
    unsigned number = (unsigned)strtoul(strrchr(url, '/') + 1, NULL, 10);

    assert(number < world->shop_count);
    return &world->shops[number]->receiver;
}

/* --- The administrator ------------------------------------------------------------------ */

static enum fail api_mode_run(struct store_job *job, struct store_tx *tx)
{
    struct shop *shop = LIST_ITEM(job, struct shop_job, job)->shop;

    return store_business_set_api_mode(tx, shop->business, shop->api_mode);
}

void shop_set_api_mode(struct shop *shop, bool on)
{
    struct world *world = shop->world;
    struct shop_job job = {.job.run = api_mode_run, .shop = shop};

    if (!server_is_up(world)) {
        return;
    }
    shop->api_mode = on;
    world_note(world, "shop %u: API mode %s", shop->number, on ? "on" : "off");
    if (server_write(world, &job.job) == FAIL_NONE) {
        server_tell_now(world, true);
        broker_api_mode_changed(server_broker(world), shop->business, on);
        server_tell_now(world, false);
    }
}

static void note_unknown(void *context, const struct payment_row *row)
{
    struct shop_job *job = context;

    if (row->payment.state == PAYMENT_UNKNOWN) {
        job->payment = row->id;
    }
}

static enum fail resolve_run(struct store_job *job, struct store_tx *tx)
{
    struct shop_job *own = LIST_ITEM(job, struct shop_job, job);
    enum fail fail =
        read_payment_rows(tx, own->shop->business, true, RESOLVE_ROWS, note_unknown, own);

    if (fail != FAIL_NONE || own->payment == 0) {
        return fail == FAIL_NONE ? FAIL_NOT_FOUND : fail;
    }
    return payment_resolve(tx, own->shop->business, own->payment, own->state, clock_wall_ms(),
                           &own->after);
}

void shop_resolve(struct shop *shop)
{
    static const enum payment_state states[] = {PAYMENT_APPROVED, PAYMENT_DECLINED,
                                                PAYMENT_CANCELLED};
    struct world *world = shop->world;
    struct shop_job *job;

    if (!server_is_up(world)) {
        return;
    }
    job = calloc(1, sizeof(*job));
    assert(job != NULL);
    job->job.run = resolve_run;
    job->shop = shop;
    job->state = states[chance_below(&world->chance, 3)];
    if (server_write(world, &job->job) == FAIL_NONE) {
        world_note(world, "shop %u: payment %" PRId64 " is resolved as %d", shop->number,
                   job->payment, (int)job->state);
        watch_resolved(world, job->payment);
        payment_after(server_broker(world), &job->after);
    }
    free(job);
}

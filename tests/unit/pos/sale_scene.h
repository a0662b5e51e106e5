/* An API for one sale: it answers from a list, in a time of its own, and writes
 * down what it was asked and what the sale told. */
#ifndef TESTS_SALE_SCENE_H
#define TESTS_SALE_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pos/sale.h"

#define PURCHASE "POST /devices/JSV5/payment/purchase"
#define PAYMENT "GET /devices/JSV5/payments/7"
#define OPEN "GET /devices/JSV5/payments?limit=100&open=true"
#define CANCEL "POST /devices/JSV5/payments/7/cancel"
#define BEFORE "GET /card-transactions?limit=100&invoiceNumber=INV%207"
#define NO_ANSWER 0

/* `asks` is what must be asked; the last line of a list is repeated for ever. */
struct line {
    const char *asks;
    int status; /* NO_ANSWER: `body` is the problem */
    const char *body;
    bool arrives; /* of NO_ANSWER */
    int64_t took_ms;
};

struct scene {
    const struct line *lines;
    size_t count;
    size_t at; /* calls so far */
    int64_t now_ms;
    int64_t waited_ms;
    int64_t longest_ms; /* wait */
    size_t cancel_at;   /* Ctrl-C before this call; 0: never */
    int64_t location;   /* of a 202 */
    char key[64];       /* of the first request */
    char request[512];  /* its body */
    char told[4096];    /* steps, one a line */
};

static struct scene scene;
static struct pos_api scene_api;
static struct sale sale;

static void scene_call(void *context, const struct pos_ask *ask, struct pos_said *said)
{
    const struct line *line = &scene.lines[scene.at < scene.count ? scene.at : scene.count - 1];
    char asked[256];

    (void)context;
    scene.at++;
    (void)snprintf(asked, sizeof(asked), "%s %s", ask->method, ask->path);
    assert_string_equal(asked, line->asks);
    if (strcmp(asked, PURCHASE) == 0) {
        assert_non_null(ask->key);
        if (scene.key[0] == '\0') {
            (void)snprintf(scene.key, sizeof(scene.key), "%s", ask->key);
            (void)snprintf(scene.request, sizeof(scene.request), "%.*s", (int)ask->body.length,
                           ask->body.bytes);
        }
        assert_string_equal(ask->key, scene.key);
        assert_true(slice_is(ask->body, scene.request));
    } else {
        assert_null(ask->key);
    }
    memset(said, 0, sizeof(*said));
    buf_init(&said->body, 256 * 1024);
    scene.now_ms += line->took_ms + 1;
    said->status = line->status;
    said->speaks_http = true;
    if (line->status == NO_ANSWER) {
        said->may_have_arrived = line->arrives;
        (void)snprintf(said->problem, sizeof(said->problem), "%s", line->body);
        return;
    }
    said->may_have_arrived = true;
    said->payment = line->status == 202 ? scene.location : 0;
    buf_text(&said->body, line->body);
    assert_int_equal(buf_fail(&said->body), FAIL_NONE);
}

static void scene_wait(void *context, int64_t wait_ms)
{
    (void)context;
    assert_true(wait_ms > 0);
    scene.now_ms += wait_ms;
    scene.waited_ms += wait_ms;
    scene.longest_ms = wait_ms > scene.longest_ms ? wait_ms : scene.longest_ms;
    assert_true(scene.now_ms < 3600 * 1000); /* else it never ends */
}

static int64_t scene_now(void *context)
{
    (void)context;
    return scene.now_ms;
}

static bool scene_is_cancelled(void *context)
{
    (void)context;
    return scene.cancel_at != 0 && scene.at >= scene.cancel_at - 1;
}

static void scene_on_step(void *context, const struct sale *told, const struct sale_step *step)
{
    static const char *const NAMES[] = {"shown",   "state", "decline", "again",    "search",
                                        "trouble", "limit", "cancel",  "no cancel"};
    size_t used = strlen(scene.told);

    (void)context;
    (void)snprintf(scene.told + used, sizeof(scene.told) - used, "%s%s%s%s%s\n", NAMES[step->kind],
                   step->kind == SALE_STEP_STATE ? " " : "",
                   step->kind == SALE_STEP_STATE ? told->payment.state : "",
                   step->text == NULL ? "" : ": ", step->text == NULL ? "" : step->text);
}

static int scene_setup(void **state)
{
    (void)state;
    memset(&scene, 0, sizeof(scene));
    memset(&sale, 0, sizeof(sale));
    scene.now_ms = 1000;
    scene.location = 7;
    scene_api = (struct pos_api){.call = scene_call,
                                 .wait = scene_wait,
                                 .now_ms = scene_now,
                                 .is_cancel_wanted = scene_is_cancelled};
    sale = (struct sale){.api = &scene_api,
                         .code = "JSV5",
                         .amount = "12.34",
                         .currency = "CAD",
                         .invoice = "INV 7",
                         .key = "a-key",
                         .limit_ms = 300 * 1000,
                         .on_step = scene_on_step};
    return 0;
}

#define RUN(table) scene_run((table), sizeof(table) / sizeof((table)[0]))
static inline void scene_run(const struct line *lines, size_t count)
{
    scene.lines = lines;
    scene.count = count;
    sale_run(&sale);
    assert_true(scene.at >= count); /* every line was asked */
}

#define EXPECT_END(expected_end, expected_told)                                                    \
    do {                                                                                           \
        assert_string_equal(sale_end_name(sale.end), sale_end_name(expected_end));                 \
        assert_string_equal(scene.told, expected_told);                                            \
    } while (0)

#endif

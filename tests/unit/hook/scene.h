/* For the tests of the courier: a real store whose jobs run at once, a loop
 * whose time stands still, a wall clock that goes with it until a test moves
 * it, and a client that keeps what it is to send until the test answers. */
#ifndef TESTS_HOOK_SCENE_H
#define TESTS_HOOK_SCENE_H

#include "store/paying.h"

#include "base/clock.h"
#include "base/log.h"
#include "hook/courier.h"
#include "store/delivery.h"
#include "store/fault_vfs.h"
#include "wire/signature.h"

enum { SCENE_SENT_MAX = 1024, SCENE_BODY_SIZE = 2048, SCENE_SIGNATURES_SIZE = 128 };
#define SCENE_BEGIN_MS INT64_C(1768415898000) /* 2026-01-14T18:38:18Z */
#define SCENE_URL "https://pos.example/hook"

/* One post, as it came to the client. */
struct sent {
    struct post *post; /* NULL: answered */
    int64_t at_ms;     /* of the loop */
    char url[WEBHOOK_URL_SIZE];
    char id[DELIVERY_MESSAGE_SIZE];
    int64_t seconds;
    char signatures[SCENE_SIGNATURES_SIZE];
    char body[SCENE_BODY_SIZE];
};

struct scene {
    struct fixture *fixture;
    struct loop *loop;
    struct courier *courier;
    struct executor *home; /* of its answers; NULL: the loop */
    struct till till;
    int64_t wall_jump_ms; /* how far the wall clock is off */
    int64_t next_transaction;
    unsigned sent_count;
    struct sent sent[SCENE_SENT_MAX];
};

/* --- Clocks ------------------------------------------------------------------ */

static inline int64_t scene_wall(void *context)
{
    struct scene *scene = context;

    return SCENE_BEGIN_MS + scene->wall_jump_ms +
           (scene->loop == NULL ? 0 : loop_now_ms(scene->loop));
}

/* --- The client -------------------------------------------------------------- */

static inline const char *header_of(const struct post *post, const char *name)
{
    size_t i;

    for (i = 0; i < post->header_count; i++) {
        if (strcmp(post->headers[i].name, name) == 0) {
            return post->headers[i].value;
        }
    }
    assert_true(false); /* every post has them all */
    return "";
}

/* A receiver never gets two bodies under one id. */
static inline void sent_agrees(const struct scene *scene, const struct sent *sent)
{
    unsigned i;

    for (i = 0; i < scene->sent_count; i++) {
        if (strcmp(scene->sent[i].id, sent->id) == 0) {
            assert_string_equal(scene->sent[i].body, sent->body);
            assert_null(scene->sent[i].post); /* nor twice at once */
        }
    }
}

static inline void scene_send(void *context, struct post *post)
{
    struct scene *scene = context;
    struct sent *sent = &scene->sent[scene->sent_count];

    assert_true(scene->sent_count < SCENE_SENT_MAX);
    assert_int_equal(post->limit_ms, 15000);
    assert_ptr_equal(post->home, scene->home != NULL ? scene->home : loop_executor(scene->loop));
    sent->post = post;
    sent->at_ms = loop_now_ms(scene->loop);
    (void)snprintf(sent->url, sizeof(sent->url), "%s", post->url);
    (void)snprintf(sent->id, sizeof(sent->id), "%s", header_of(post, "webhook-id"));
    sent->seconds = strtoll(header_of(post, "webhook-timestamp"), NULL, 10);
    (void)snprintf(sent->signatures, sizeof(sent->signatures), "%s",
                   header_of(post, "webhook-signature"));
    (void)snprintf(sent->body, sizeof(sent->body), "%.*s", (int)post->body.length,
                   post->body.bytes);
    sent_agrees(scene, sent);
    scene->sent_count++;
}

/* The answer to the post number `at`, counted from the first. */
static inline void answer_whole(struct scene *scene, unsigned at, int status, int64_t retry_after_s,
                                int64_t took_ms)
{
    struct post *post = scene->sent[at].post;

    assert_true(at < scene->sent_count);
    assert_non_null(post);
    scene->sent[at].post = NULL;
    post->status = status;
    post->retry_after_s = retry_after_s;
    post->took_ms = took_ms;
    if (status == 0) {
        (void)snprintf(post->problem, sizeof(post->problem), "nobody answers");
    }
    post->done(post);
    loop_advance(scene->loop, 0);
}

static inline void answer(struct scene *scene, unsigned at, int status)
{
    answer_whole(scene, at, status, 0, 5);
}

static inline unsigned unanswered(const struct scene *scene)
{
    unsigned count = 0;
    unsigned i;

    for (i = 0; i < scene->sent_count; i++) {
        count += scene->sent[i].post != NULL;
    }
    return count;
}

/* Answers the oldest post again and again until there is none. */
static inline void answer_all(struct scene *scene, int status)
{
    unsigned i;

    for (i = 0; i < scene->sent_count; i++) {
        if (scene->sent[i].post != NULL) {
            answer(scene, i, status);
        }
    }
}

static inline const struct sent *last_sent(const struct scene *scene)
{
    assert_true(scene->sent_count > 0);
    return &scene->sent[scene->sent_count - 1];
}

/* --- The store ---------------------------------------------------------------- */

typedef enum fail scene_verb(struct store_tx *tx, void *argument);

struct scene_job {
    struct store_job job;
    scene_verb *verb;
    void *argument;
};

static inline enum fail scene_job_run(struct store_job *job, struct store_tx *tx)
{
    struct scene_job *scene_job = LIST_ITEM(job, struct scene_job, job);

    return scene_job->verb(tx, scene_job->argument);
}

static inline void scene_do(struct scene *scene, scene_verb *verb, void *argument)
{
    struct scene_job job = {.job.run = scene_job_run, .verb = verb, .argument = argument};

    WORKS(store_write_wait(scene->fixture->store, &job.job));
}

static inline void secret_of(uint8_t first, uint8_t secret[WEBHOOK_SECRET_SIZE])
{
    memset(secret, first, WEBHOOK_SECRET_SIZE);
}

static inline enum fail scene_shop(struct store_tx *tx, void *argument)
{
    struct scene *scene = argument;
    uint8_t secret[WEBHOOK_SECRET_SIZE];

    scene->till = till_make(tx, "Shop");
    secret_of(1, secret);
    return store_webhook_set(tx, scene->till.business, SCENE_URL, 3, secret, NOW_MS);
}

/* A payment with so many declined transactions, or (0) one that was cancelled:
 * each is an event. Returns the payment's id through `payment`. */
struct scene_payment {
    struct scene *scene;
    const struct till *till; /* NULL: the scene's */
    unsigned transactions;
    const char *invoice;
    int64_t amount_minor; /* 0: 12.34 */
    int64_t payment;      /* out */
};

static inline enum fail scene_event(struct store_tx *tx, struct scene_payment *add,
                                    const struct till *till)
{
    bool cancelled = add->transactions == 0;
    struct store_event event = {.business = till->business,
                                .kind = cancelled ? EVENT_TERMINAL_CANCEL : EVENT_CARD_TRANSACTION,
                                .payment = add->payment,
                                .transaction = cancelled ? 0 : ++add->scene->next_transaction,
                                .at_ms = scene_wall(add->scene)};
    bool delivery;

    return store_event_add(tx, &event, &delivery);
}

static inline enum fail scene_payment_verb(struct store_tx *tx, void *argument)
{
    struct scene_payment *add = argument;
    const struct till *till = add->till == NULL ? &add->scene->till : add->till;
    struct payment_row row = payment_of(till, "");
    enum fail fail;
    unsigned i;

    (void)snprintf(row.invoice, sizeof(row.invoice), "%s",
                   add->invoice == NULL ? "" : add->invoice);
    if (add->amount_minor != 0) {
        row.amount_minor = add->amount_minor;
    }
    WORKS(store_payment_add(tx, &row));
    payment_end(tx, &row, add->transactions == 0 ? PAYMENT_CANCELLED : PAYMENT_DECLINED);
    add->payment = row.id;
    fail = scene_event(tx, add, till);
    for (i = 1; i < add->transactions && fail == FAIL_NONE; i++) {
        fail = scene_event(tx, add, till);
    }
    return fail;
}

static inline int64_t pay(struct scene *scene, unsigned transactions)
{
    struct scene_payment add = {.scene = scene, .transactions = transactions};

    scene_do(scene, scene_payment_verb, &add);
    return add.payment;
}

/* So many payments of one transaction each, in one commit. */
struct scene_payments {
    struct scene *scene;
    const struct till *till;
    unsigned count;
};

static inline enum fail scene_payments_verb(struct store_tx *tx, void *argument)
{
    struct scene_payments *add = argument;
    enum fail fail = FAIL_NONE;
    unsigned i;

    for (i = 0; i < add->count && fail == FAIL_NONE; i++) {
        struct scene_payment one = {.scene = add->scene, .till = add->till, .transactions = 1};

        fail = scene_payment_verb(tx, &one);
    }
    return fail;
}

static inline void pay_many(struct scene *scene, const struct till *till, unsigned count)
{
    struct scene_payments add = {.scene = scene, .till = till, .count = count};

    scene_do(scene, scene_payments_verb, &add);
}

static inline int64_t scene_number(struct scene *scene, const char *sql)
{
    return fixture_number(scene->fixture, sql);
}

/* --- The courier ---------------------------------------------------------------- */

static inline void wake(struct scene *scene)
{
    courier_wake(scene->courier, scene->till.business);
    loop_advance(scene->loop, 0);
}

static inline void courier_make(struct scene *scene)
{
    struct courier_options options = {.loop = scene->loop,
                                      .home = loop_executor(scene->loop),
                                      .store = scene->fixture->store,
                                      .client = {scene_send, scene}};

    WORKS(courier_create(&scene->courier, &options));
}

static inline void courier_begin(struct scene *scene)
{
    courier_make(scene);
    courier_start(scene->courier);
    loop_advance(scene->loop, 0);
}

/* As at the end of the program: the client answers what it still has with
 * nothing. */
static inline void courier_end(struct scene *scene)
{
    courier_stop(scene->courier);
    answer_all(scene, 0);
    loop_advance(scene->loop, 0);
    courier_destroy(&scene->courier);
}

static inline void courier_restart(struct scene *scene)
{
    courier_end(scene);
    courier_begin(scene);
}

/* With a business that has a webhook and nothing waiting. */
static inline struct scene *scene_make(void)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    struct clock_source clock = {.wall_ms = scene_wall, .context = scene};

    assert_non_null(scene);
    scene->fixture = fixture_make();
    fixture_open(scene->fixture, false);
    WORKS(loop_create_still(&scene->loop, 0));
    clock_replace(&clock);
    scene_do(scene, scene_shop, scene);
    courier_begin(scene);
    return scene;
}

static inline void scene_remove(struct scene *scene)
{
    courier_end(scene);
    loop_destroy(&scene->loop);
    clock_replace(NULL);
    fixture_remove(scene->fixture);
    free(scene);
}

static inline int scene_setup(void **state)
{
    *state = scene_make();
    return 0;
}

static inline int scene_teardown(void **state)
{
    scene_remove(*state);
    return 0;
}

/* At the beginning of a program of tests. */
static inline void scene_start(void)
{
    id_start();
    fault_install();
    fault.skips_syncs = true;
    log_set_level(LOG_ERROR);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

#endif

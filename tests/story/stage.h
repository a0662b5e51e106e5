/* A stage for stories: the real broker, store, hubs and sessions, in one
 * thread and in virtual time, from a seed. What terminals, points of sale and
 * administrators do and hear is written into a transcript, which a story
 * compares with its golden text.
 *
 * Time stands still until stage_wait. The loops are still ones, the store and
 * the password pool run inline. A stage made with `store_threads` has a real
 * store thread instead, whose answers wait until stage_settle: so a story can
 * let something happen between a commit and the loop that hears of it. */
#ifndef TESTS_STORY_STAGE_H
#define TESTS_STORY_STAGE_H

#include "store/fixture.h"

#include <inttypes.h>
#include <semaphore.h>

#include "base/clock.h"
#include "base/log.h"
#include "broker/broker.h"
#include "broker/log_in.h"
#include "broker/payment_clock.h"
#include "broker/ping.h"
#include "cheap_password.h"
#include "device/hub.h"
#include "device/hub_port.h"
#include "device/session.h"
#include "net/loop.h"

/* Where the server's own code begins and ends, for a story that takes its
 * memory away, and not the stage's. */
#ifndef STAGE_SERVER_BEGINS
#define STAGE_SERVER_BEGINS() ((void)0)
#define STAGE_SERVER_ENDS() ((void)0)
#endif

enum {
    STAGE_LOOPS_MAX = 2,
    STAGE_ROUNDS = 8, /* posts from loop to loop that may follow from one event */
    STAGE_TRANSCRIPT_MAX = 64 * 1024,
    STAGE_CREDENTIALS_MAX = 16,
    STAGE_NUMBERS_MAX = 32,
    STAGE_MADE_UP_MAX = 1000,
};

/* 2026-01-22 18:00:00 in Edmonton. */
#define STAGE_WALL_MS INT64_C(1769130000000)
#define STAGE_EMAIL "ada@example.com"
#define STAGE_PASSWORD "correct horse"
#define STAGE_PIN "1234"

struct stage;

/* A loop's executor as the broker knows it. */
struct stage_executor {
    struct executor executor;
    struct stage *stage;
    struct loop *loop;
    struct list answers; /* of the store's threads, by stage->lock */
};

struct stage_ending; /* of actor.h: a line that is to end */

struct stage {
    struct fixture *fixture;
    bool store_threads;
    struct pool *passwords;
    struct broker *broker;
    unsigned loop_count;
    struct loop *loops[STAGE_LOOPS_MAX];
    struct hub_table hubs;
    struct stage_executor executors[STAGE_LOOPS_MAX];
    pthread_mutex_t lock;
    sem_t told; /* one for each loop that an administrator's change was posted to */
    struct list endings;
    int64_t now_ms;
    int64_t wall_ahead_ms;
    uint64_t seed;
    struct buf transcript;
    char credentials[STAGE_CREDENTIALS_MAX][SECRET_TEXT_SIZE]; /* by their letters */
    unsigned credential_count;
    /* By their numbers in a story, from 1. */
    int64_t payments[STAGE_NUMBERS_MAX];
    unsigned payment_count;
    int64_t transactions[STAGE_NUMBERS_MAX];
    unsigned transaction_count;
    struct loop_timer clock_timer; /* of payments' time limits, on loop 0 */
    bool clock_is_sooner;          /* by stage->lock */
    int64_t business;
    int64_t user;
    unsigned pings_under_way;
    unsigned pings_shown;
    unsigned calls_under_way; /* of points of sale about payments */
    bool quiet;               /* pings are counted, not written down */
};

/* Who runs: the test, or a thread in an administrator's name, or neither. */
static _Thread_local enum { STAGE_STORE, STAGE_TEST, STAGE_ADMINISTRATOR } stage_role;

static const uint8_t STAGE_PIN_KEY[SECRET_KEY_SIZE] = "a key for the stories";

/* --- The transcript ---------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static inline void stage_note(struct stage *stage,
                                                                    const char *format, ...)
{
    char line[512];
    va_list arguments;

    va_start(arguments, format);
    assert_true(vsnprintf(line, sizeof(line), format, arguments) < (int)sizeof(line));
    va_end(arguments);
    buf_format(&stage->transcript, "%5" PRId64 " ms  %s\n", stage->now_ms, line);
}

/* Credentials have letters in the order of their appearance: A, B, ... */
static inline char stage_credential_letter(struct stage *stage, struct slice credential)
{
    unsigned i;

    for (i = 0; i < stage->credential_count; i++) {
        if (slice_is(credential, stage->credentials[i])) {
            return (char)('A' + (int)i);
        }
    }
    assert_true(i < STAGE_CREDENTIALS_MAX);
    WORKS(slice_copy(credential, stage->credentials[i], SECRET_TEXT_SIZE));
    stage->credential_count++;
    return (char)('A' + (int)i);
}

/* Payments and transactions have numbers in the order of their appearance: 1,
 * 2, ... */
static inline unsigned stage_number(int64_t *list, unsigned *count, int64_t id)
{
    unsigned i;

    for (i = 0; i < *count; i++) {
        if (list[i] == id) {
            return i + 1;
        }
    }
    assert_true(i < STAGE_NUMBERS_MAX);
    list[(*count)++] = id;
    return i + 1;
}

static inline unsigned stage_transaction_number(struct stage *stage, int64_t id)
{
    return stage_number(stage->transactions, &stage->transaction_count, id);
}

/* Real ids are large; a small one is made up by a story, and nobody's. */
static inline unsigned stage_payment_number(struct stage *stage, int64_t id)
{
    if (id <= STAGE_MADE_UP_MAX) {
        return (unsigned)id;
    }
    return stage_number(stage->payments, &stage->payment_count, id);
}

static inline int64_t stage_payment(const struct stage *stage, unsigned number)
{
    return number <= STAGE_NUMBERS_MAX && number <= stage->payment_count
               ? stage->payments[number - 1]
               : number;
}

/* --- Time, randomness, threads ------------------------------------------------- */

static inline int64_t stage_monotonic_ns(void *context)
{
    return ((struct stage *)context)->now_ms * 1000000;
}

static inline int64_t stage_wall_ms(void *context)
{
    const struct stage *stage = context;

    return STAGE_WALL_MS + stage->wall_ahead_ms + stage->now_ms;
}

/* SplitMix64, a byte at a time: slow enough and the same everywhere. */
static inline void stage_random(void *context, void *out, size_t length)
{
    struct stage *stage = context;
    unsigned char *bytes = out;
    size_t i;

    for (i = 0; i < length; i++) {
        uint64_t value = stage->seed += UINT64_C(0x9e3779b97f4a7c15);

        value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
        bytes[i] = (unsigned char)(value >> 56);
    }
}

static inline void stage_post(struct executor *executor, struct task *task)
{
    struct stage_executor *own = LIST_ITEM(executor, struct stage_executor, executor);

    if (stage_role == STAGE_STORE) {
        pthread_mutex_lock(&own->stage->lock);
        list_push_back(&own->answers, &task->link);
        pthread_mutex_unlock(&own->stage->lock);
        return;
    }
    executor_post(loop_executor(own->loop), task);
    if (stage_role == STAGE_ADMINISTRATOR) {
        sem_post(&own->stage->told);
    }
}

static inline enum fail stage_job_nothing(struct store_job *job, struct store_tx *tx)
{
    (void)job;
    (void)tx;
    return FAIL_NONE;
}

/* The store does all that it was given; its answers are on their way. */
static inline void stage_store_works(struct stage *stage)
{
    struct store_job job = {.run = stage_job_nothing};

    if (stage->store_threads) {
        WORKS(store_read_wait(stage->fixture->store, &job));
        WORKS(store_write_wait(stage->fixture->store, &job));
    }
}

static inline void stage_answers_arrive(struct stage *stage)
{
    unsigned i;

    for (i = 0; i < stage->loop_count; i++) {
        struct list_link *link;

        pthread_mutex_lock(&stage->lock);
        while ((link = list_pop_front(&stage->executors[i].answers)) != NULL) {
            executor_post(loop_executor(stage->loops[i]), LIST_ITEM(link, struct task, link));
        }
        pthread_mutex_unlock(&stage->lock);
    }
}

/* Of actor.h: lines that were closed come to their ends. */
static inline void stage_endings_run(struct stage *stage);

/* Of stage_port.h: the time limits of payments are looked at. */
static inline void stage_clock_run(struct stage *stage);

/* Everything that follows from what has happened, without time passing. */
static inline void stage_settle(struct stage *stage)
{
    unsigned round;
    unsigned i;

    for (round = 0; round < STAGE_ROUNDS; round++) {
        if (stage->fixture->store != NULL) {
            stage_store_works(stage);
        }
        stage_answers_arrive(stage);
        for (i = 0; i < stage->loop_count; i++) {
            STAGE_SERVER_BEGINS();
            loop_advance(stage->loops[i], 0);
            STAGE_SERVER_ENDS();
        }
        stage_clock_run(stage);
        stage_endings_run(stage);
    }
}

static inline void stage_wait(struct stage *stage, int64_t delay_ms)
{
    unsigned i;

    stage_settle(stage);
    while (delay_ms-- > 0) {
        stage->now_ms++;
        for (i = 0; i < stage->loop_count; i++) {
            STAGE_SERVER_BEGINS();
            loop_advance(stage->loops[i], 1);
            STAGE_SERVER_ENDS();
        }
        stage_settle(stage);
    }
}

/* A long time, second by second: what happens meanwhile is noted at the second
 * it is heard of. */
static inline void stage_minutes_pass(struct stage *stage, int64_t minutes)
{
    int64_t seconds = minutes * 60;
    unsigned i;

    stage_settle(stage);
    while (seconds-- > 0) {
        stage->now_ms += 1000;
        for (i = 0; i < stage->loop_count; i++) {
            STAGE_SERVER_BEGINS();
            loop_advance(stage->loops[i], 1000);
            STAGE_SERVER_ENDS();
        }
        stage_settle(stage);
    }
}

/* Nobody is there to notice. */
static inline void stage_wait_stopped(struct stage *stage, int64_t delay_ms)
{
    stage->now_ms += delay_ms;
}

/* The wall clock jumps; nobody waits. */
static inline void stage_days_pass(struct stage *stage, int64_t days)
{
    stage->wall_ahead_ms += days * 24 * 60 * 60 * 1000;
    stage_note(stage, "%" PRId64 " days pass", days);
}

#include "story/stage_port.h"

/* --- Start and stop ---------------------------------------------------------------- */

static inline void stage_start(struct stage *stage)
{
    struct executor *executors[STAGE_LOOPS_MAX];
    struct port port = stage_port(stage);
    struct broker_options options = {.port = &port,
                                     .loop_count = stage->loop_count,
                                     .loops = executors,
                                     .pin_key = STAGE_PIN_KEY};
    struct store_options store_options = {.directory = stage->fixture->directory,
                                          .threads = stage->store_threads,
                                          .readers = 1,
                                          .broken = on_broken,
                                          .context = stage->fixture};
    unsigned i;

    WORKS(store_open(&stage->fixture->store, &store_options, stage->fixture->problem));
    WORKS(pool_create(&stage->passwords, "passwords", 0, 1, NULL));
    for (i = 0; i < stage->loop_count; i++) {
        WORKS(loop_create_still(&stage->loops[i], i));
        stage->executors[i] = (struct stage_executor){
            .executor.post = stage_post, .stage = stage, .loop = stage->loops[i]};
        list_init(&stage->executors[i].answers);
        executors[i] = &stage->executors[i].executor;
    }
    options.store = stage->fixture->store;
    options.passwords = stage->passwords;
    WORKS(broker_create(&stage->broker, &options));
    for (i = 0; i < stage->loop_count; i++) {
        WORKS(hub_create(&stage->hubs.by_loop[i], stage->loops[i], stage->broker, NULL));
    }
    WORKS(payment_clock_recover(stage->broker));
    stage->clock_is_sooner = true;
    stage_clock_run(stage);
}

/* In the order of server_stop. */
static inline void stage_stop(struct stage *stage)
{
    unsigned i;

    broker_stop(stage->broker);
    for (i = 0; i < stage->loop_count; i++) {
        hub_stop(stage->hubs.by_loop[i], 0);
    }
    stage_settle(stage);
    pool_destroy(&stage->passwords);
    store_close(&stage->fixture->store);
    stage_settle(stage);
    assert_int_equal(stage->pings_under_way, 0);
    assert_int_equal(stage->calls_under_way, 0);
    assert_int_equal(presence_count(&stage->broker->presence), 0);
    loop_timer_cancel(stage->loops[0], &stage->clock_timer);
    for (i = 0; i < stage->loop_count; i++) {
        hub_destroy(&stage->hubs.by_loop[i]);
        loop_destroy(&stage->loops[i]);
    }
    broker_destroy(&stage->broker);
}

/* What the store holds from the side: one job, waited for. */
struct stage_job {
    struct store_job job;
    struct stage *stage;
    const char *code;
    enum fail (*verb)(struct stage_job *job, struct store_tx *tx);
    bool on;
    struct device device; /* out, where it is about one */
};

static inline enum fail stage_job_run(struct store_job *job, struct store_tx *tx)
{
    struct stage_job *stage_job = LIST_ITEM(job, struct stage_job, job);

    return stage_job->verb(stage_job, tx);
}

static inline void stage_job_do(struct stage_job *job)
{
    job->job.run = stage_job_run;
    WORKS(store_write_wait(job->stage->fixture->store, &job->job));
}

static inline enum fail stage_people_add(struct stage_job *job, struct store_tx *tx)
{
    struct stage *stage = job->stage;
    char hash[PASSWORD_HASH_SIZE];
    struct secret_hash pin;
    struct store_user_new user = {.name = "Ada",
                                  .email = STAGE_EMAIL,
                                  .password_hash = hash,
                                  .pin = &pin,
                                  .role = ROLE_CASHIER};
    const char *taken = NULL;

    stage->business = business_add(tx, "Shop");
    cheap_password_hash(STAGE_PASSWORD, hash);
    pin = log_in_pin_hash(STAGE_PIN_KEY, stage->business, STAGE_PIN);
    user.business = stage->business;
    user.now_ms = clock_wall_ms();
    return store_user_add(tx, &user, &stage->user, &taken);
}

static inline struct stage *stage_make(unsigned loops, bool store_threads)
{
    struct stage *stage = calloc(1, sizeof(*stage));
    struct clock_source clock = {
        .monotonic_ns = stage_monotonic_ns, .wall_ms = stage_wall_ms, .context = stage};

    assert_non_null(stage);
    stage_role = STAGE_TEST;
    stage->loop_count = loops;
    stage->store_threads = store_threads;
    stage->seed = 1;
    list_init(&stage->endings);
    buf_init(&stage->transcript, STAGE_TRANSCRIPT_MAX);
    pthread_mutex_init(&stage->lock, NULL);
    sem_init(&stage->told, 0, 0);
    clock_replace(&clock);
    id_replace(stage_random, stage);
    log_set_level(LOG_ERROR);
    stage->fixture = fixture_make();
    stage_start(stage);
    stage_job_do(&(struct stage_job){.stage = stage, .verb = stage_people_add});
    return stage;
}

static inline void stage_remove(struct stage *stage)
{
    stage_stop(stage);
    assert_int_equal(stage->fixture->broken_count, 0);
    fixture_remove(stage->fixture);
    clock_replace(NULL);
    id_replace(NULL, NULL);
    buf_finish(&stage->transcript);
    sem_destroy(&stage->told);
    pthread_mutex_destroy(&stage->lock);
    free(stage);
}

/* The end of a story: this is what was done and heard, to the letter. */
static inline void stage_finish(struct stage *stage, const char *golden)
{
    stage_settle(stage);
    buf_byte(&stage->transcript, '\0');
    WORKS(buf_fail(&stage->transcript));
    assert_string_equal(stage->transcript.bytes, golden);
    stage_remove(stage);
}

#endif

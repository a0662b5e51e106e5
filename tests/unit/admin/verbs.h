/* For the tests of the administrator's verbs: each request as a line of words,
 * its answer as a line of text, on a database with two businesses; and what a
 * running server is told of a change. */
#ifndef TESTS_ADMIN_VERBS_H
#define TESTS_ADMIN_VERBS_H

#include "admin/admin.h"
#include "base/buf.h"
#include "base/clock.h"
#include "store/fault_vfs.h"
#include "unit/broker/scene.h"

enum { ANSWER_MAX = 4096, WORDS_MAX = 512 };

#define CREATED "created=2026-01-23T01:00:00.000Z"
#define UNUSED " lastUsed=none expires=none oldValidUntil=none"

static inline int64_t wall_now(void *context)
{
    (void)context;
    return INT64_C(1769130000000);
}

/* --- What the broker was asked to tell ---------------------------------------------- */

static char told[WORDS_MAX];

static inline void tell(const char *what, unsigned loop, int64_t business, int64_t subject)
{
    size_t length = strlen(told);

    assert_true(text_format(told + length, sizeof(told) - length, "%s %u %lld %lld; ", what, loop,
                            (long long)business, (long long)subject));
}

static inline void port_api_mode(void *context, unsigned loop, int64_t business, bool on)
{
    (void)context;
    tell("api_mode", loop, business, on);
}

static inline void port_device_removed(void *context, unsigned loop, int64_t business,
                                       int64_t device)
{
    (void)context;
    tell("device", loop, business, device);
}

static inline void port_business_removed(void *context, unsigned loop, int64_t business)
{
    (void)context;
    tell("business", loop, business, 0);
}

static inline void port_user_removed(void *context, unsigned loop, int64_t business, int64_t user)
{
    (void)context;
    tell("user", loop, business, user);
}

static inline void port_device_revoked(void *context, unsigned loop, int64_t business,
                                       int64_t device)
{
    (void)context;
    tell("revoked", loop, business, device);
}

static inline void port_device_moved(void *context, unsigned loop, int64_t business, int64_t device)
{
    (void)context;
    tell("moved", loop, business, device);
}

static inline void port_device_replaced(void *context, unsigned loop,
                                        const struct broker_replacement *replacement)
{
    (void)context;
    tell(replacement->serial, loop, replacement->device, replacement->other);
}

static inline void port_deliveries(void *context, int64_t business)
{
    (void)context;
    tell("deliveries", 0, business, 0);
}

static const struct port PORT = {.api_mode = port_api_mode,
                                 .deliveries = port_deliveries,
                                 .device_revoked = port_device_revoked,
                                 .device_moved = port_device_moved,
                                 .device_replaced = port_device_replaced,
                                 .device_removed = port_device_removed,
                                 .business_removed = port_business_removed,
                                 .user_removed = port_user_removed};

/* --- Requests and answers --------------------------------------------------------------- */

static inline void open_list(void *context, const char *name)
{
    if (name != NULL) {
        buf_format(context, " %s=", name);
    }
    buf_byte(context, '[');
}

static inline void close_list(void *context)
{
    buf_byte(context, ']');
}

static inline void open_row(void *context)
{
    buf_byte(context, '{');
}

static inline void close_row(void *context)
{
    buf_byte(context, '}');
}

static inline void add_text(void *context, const char *name, const char *text)
{
    buf_format(context, " %s=%s", name, text == NULL ? "none" : text);
}

static inline void add_number(void *context, const char *name, int64_t number)
{
    buf_format(context, " %s=%lld", name, (long long)number);
}

static inline void add_flag(void *context, const char *name, bool flag)
{
    buf_format(context, " %s=%s", name, flag ? "yes" : "no");
}

/* "user show id=1 business=2": '+' stands for a blank. */
static inline struct admin_request request_read(char *words)
{
    struct admin_request request = {0};
    struct slice rest = slice_of(words);
    struct slice word;
    size_t i;

    assert_true(slice_next_part(&rest, ' ', &request.noun));
    assert_true(slice_next_part(&rest, ' ', &request.verb));
    while (slice_next_part(&rest, ' ', &word)) {
        const char *equals = memchr(word.bytes, '=', word.length);
        size_t length;

        assert_non_null(equals);
        assert_true(request.option_count < ADMIN_OPTIONS_MAX);
        length = (size_t)(equals - word.bytes);
        request.options[request.option_count++] =
            (struct admin_option){.name = slice_make(word.bytes, length),
                                  .value = slice_make(equals + 1, word.length - length - 1)};
    }
    for (i = 0; words[i] != '\0'; i++) {
        words[i] = words[i] == '+' ? ' ' : words[i];
    }
    return request;
}

/* Whether webhooks may lead to this machine. */
static bool allow_loopback;

static inline void run(struct scene *scene, struct broker *broker, const char *words,
                       struct buf *answer)
{
    struct admin admin = {.store = scene->store,
                          .broker = broker,
                          .pin_key = SCENE_PIN_KEY,
                          .actor = "uid 7 (ann)",
                          .allow_loopback = allow_loopback};
    struct admin_sink sink = {.open_list = open_list,
                              .close_list = close_list,
                              .open_row = open_row,
                              .close_row = close_row,
                              .text = add_text,
                              .number = add_number,
                              .flag = add_flag,
                              .context = answer};
    char problem[ADMIN_PROBLEM_SIZE] = "";
    char copy[WORDS_MAX];
    struct admin_request request;

    WORKS(slice_copy(slice_of(words), copy, sizeof(copy)));
    request = request_read(copy);
    buf_init(answer, ANSWER_MAX);
    if (!admin_run(&admin, &request, &sink, problem)) {
        assert_string_not_equal(problem, "");
        buf_clear(answer);
        buf_format(answer, "no: %s", problem);
    }
    buf_byte(answer, '\0');
    WORKS(buf_fail(answer));
}

/* Without a running server. */
static inline void expect(struct scene *scene, const char *words, const char *expected)
{
    struct buf answer;

    run(scene, NULL, words, &answer);
    if (strcmp(answer.bytes, expected) != 0) {
        print_message("%s\n", words);
    }
    assert_string_equal(answer.bytes, expected);
    buf_finish(&answer);
}

static inline struct scene *open_scene(void)
{
    told[0] = '\0';
    return scene_make(&PORT, false);
}

static inline enum fail device_register(struct store_tx *tx, void *argument)
{
    struct device *device = argument;

    *device = device_add(tx, device->business, "TW-1", "credential");
    return FAIL_NONE;
}

static inline struct device registered(struct scene *scene)
{
    struct device device = {.business = scene->business};

    scene_do(scene, device_register, &device);
    return device;
}

/* Adds or rotates, and what stands behind the secret. */
static inline void expect_secret(struct scene *scene, const char *words, const char *expected)
{
    struct buf answer;

    run(scene, NULL, words, &answer);
    assert_memory_equal(answer.bytes, "{ token=", 8);
    assert_string_equal(answer.bytes + 8 + SECRET_TEXT_SIZE - 1, expected);
    buf_finish(&answer);
}

/* --- A running server ------------------------------------------------- */

struct thread_run {
    struct scene *scene;
    const char *words;
    struct buf answer;
};

static inline void *thread_run(void *argument)
{
    struct thread_run *thread = argument;

    run(thread->scene, thread->scene->broker, thread->words, &thread->answer);
    return NULL;
}

/* The command is done when each loop has been told, `rounds` times. */
static inline void expect_told(struct scene *scene, const char *words, unsigned rounds,
                               const char *expected)
{
    struct thread_run argument = {.scene = scene, .words = words};
    pthread_t thread;
    unsigned round;
    unsigned i;

    told[0] = '\0';
    assert_int_equal(pthread_create(&thread, NULL, thread_run, &argument), 0);
    for (round = 0; round < rounds; round++) {
        for (i = 0; i < SCENE_LOOPS; i++) {
            scene_run(scene, i, 1);
        }
    }
    pthread_join(thread, NULL);
    assert_memory_not_equal(argument.answer.bytes, "no:", 3);
    assert_string_equal(told, expected);
    buf_finish(&argument.answer);
}

/* The time in these tests. */
static const struct clock_source VERBS_CLOCK = {.wall_ms = wall_now};

#endif

/* Does what the life asks for, and tells it what happened. A session ends when
 * the life has given up, nothing is being saved and no connection is left. */
#include "terminal/session.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/id.h"
#include "base/secret.h"
#include "net/dial.h"
#include "terminal/saver.h"
#include "terminal/session_message.h"
#include "wire/json.h"
#include "wire/terminal_message.h"
#include "wire/websocket.h"

enum {
    EXIT_BROKEN = 1,
    REASON_SIZE = 80,
};
static const char DOOR_PATH[] = "/device/v1";

struct session {
    const struct session_shared *shared;
    unsigned number;
    struct life life;
    struct saver saver;
    struct saver sale_saver;
    struct dial *dial; /* NULL without a connection */
    bool open;         /* the dial's handshake is done */
    bool silent;       /* we cut it because nothing was heard */
    struct loop_timer wait;
    struct loop_timer silence;
    struct loop_timer sale_step;
    struct loop_timer sale_backstop;

    struct task end_task;
    struct task broken_task;
    bool given_up;
    bool end_posted;
    bool broken_posted;
    int exit_code;
};

static void feed(struct session *session, const struct life_event *event);

static void feed_plain(struct session *session, enum life_event_kind kind)
{
    feed(session, &(struct life_event){.kind = kind});
}

static void say_problem(struct session *session, const char *text)
{
    struct life_effect effect = {.kind = LIFE_SAY, .say = {.what = LIFE_SAY_PROBLEM}};

    effect.say.text = slice_of(text);
    (void)session->shared->on_say(session->shared->context, session, &effect);
}

/* --- Its end ----------------------------------------------------------- */

static void run_end(struct task *task)
{
    struct session *session = TASK_OWNER(task, struct session, end_task);

    session->shared->on_end(session->shared->context, session, session->exit_code);
}

/* By a task, so that nothing of the session is on the stack when it ends. */
static void end_if_done(struct session *session)
{
    struct loop *loop = session->shared->loop;

    if (!session->given_up || saver_is_busy(&session->saver) ||
        saver_is_busy(&session->sale_saver) || session->end_posted) {
        return;
    }
    assert(session->dial == NULL);
    session->end_posted = true;
    loop_timer_cancel(loop, &session->wait);
    loop_timer_cancel(loop, &session->silence);
    loop_timer_cancel(loop, &session->sale_step);
    loop_timer_cancel(loop, &session->sale_backstop);
    executor_post(loop_executor(loop), &session->end_task);
}

static void run_broken(struct task *task)
{
    struct session *session = TASK_OWNER(task, struct session, broken_task);

    say_problem(session, "Out of memory.");
    feed_plain(session, LIFE_STOP);
}

/* Without memory for a timer or a message it would hang: better to end. */
static void be_broken(struct session *session)
{
    session->exit_code = EXIT_BROKEN;
    if (!session->broken_posted && !session->end_posted) {
        session->broken_posted = true;
        executor_post(loop_executor(session->shared->loop), &session->broken_task);
    }
}

/* --- Silence ----------------------------------------------------------- */

static unsigned silence_seconds(const struct session *session)
{
    return session->life.heartbeat_seconds + session->shared->silence_spare_seconds;
}

static void run_silence(struct loop_timer *timer)
{
    struct session *session = LIST_ITEM(timer, struct session, silence);

    session->silent = true;
    dial_cut(session->dial);
}

static void watch_silence(struct session *session)
{
    if (session->dial != NULL && !session->silent &&
        loop_timer_set(session->shared->loop, &session->silence,
                       (int64_t)silence_seconds(session) * 1000, run_silence) != FAIL_NONE) {
        be_broken(session);
    }
}

/* --- The connection ---------------------------------------------------- */

static void on_open(void *context)
{
    struct session *session = context;

    session->open = true;
    watch_silence(session);
    feed_plain(session, LIFE_OPENED);
}

static void on_heard(void *context)
{
    watch_silence(context);
}

static void on_message(void *context, struct slice text)
{
    struct session *session = context;
    struct json_document document;
    struct terminal_message message;
    char problem[TERMINAL_PROBLEM_SIZE] = "";
    struct life_event event = {.kind = LIFE_MESSAGE};
    enum fail fail;

    json_document_init(&document);
    fail = terminal_message_read(&message, &document, text, problem);
    event.heard.message = &message;
    event.heard.now_ms = loop_now_ms(session->shared->loop);
    if (fail == FAIL_INVALID) {
        event.kind = LIFE_UNREADABLE;
        event.problem = slice_of(problem);
    }
    if (fail == FAIL_MEMORY) {
        be_broken(session);
    } else {
        feed(session, &event);
    }
    json_document_finish(&document);
    watch_silence(session); /* a welcome may have changed how long it is */
}

static void on_end(void *context, const struct dial_end *end)
{
    struct session *session = context;
    struct life_event event = {.kind = LIFE_CLOSED};
    char silence[REASON_SIZE];

    (void)text_format(silence, sizeof(silence), "nothing was heard from the server for %u seconds",
                      silence_seconds(session));
    event.closed.code = end->code;
    event.closed.reason = slice_of(session->silent ? silence : end->reason);
    event.closed.retry_after_ms = end->retry_after_ms;
    session->dial = NULL;
    session->open = false;
    session->silent = false;
    loop_timer_cancel(session->shared->loop, &session->silence);
    feed(session, &event);
}

static void do_connect(struct session *session)
{
    const struct session_shared *shared = session->shared;
    const struct dial_target target = {shared->server, DOOR_PATH, shared->tls};
    const struct dial_events events = {on_open, on_message, on_heard, on_end, session};

    if (dial_start(&session->dial, shared->loop, &target, &events) != FAIL_NONE) {
        struct life_event closed = {.kind = LIFE_CLOSED};

        closed.closed.code = WEBSOCKET_CLOSE_ABNORMAL;
        closed.closed.reason = slice_of("out of memory");
        session->dial = NULL;
        feed(session, &closed);
        return;
    }
    watch_silence(session);
}

/* Before the handshake there is nobody to say goodbye to. */
static void do_close(struct session *session, unsigned code)
{
    if (session->open) {
        dial_close(session->dial, code, "");
    } else {
        dial_cut(session->dial);
    }
}

static void do_send(struct session *session, const struct life_effect *effect)
{
    struct terminal_message message;
    struct buf text;

    session_message_fill(&session->life, session->shared->log_in, effect, &message);
    buf_init(&text, TERMINAL_MESSAGE_MAX);
    (void)buf_reserve(&text,
                      TERMINAL_MESSAGE_MAX); /* so that it never moves: it may hold secrets */
    terminal_message_write(&text, &message);
    if (buf_fail(&text) != FAIL_NONE) {
        be_broken(session);
    } else {
        dial_send(session->dial, buf_view(&text));
    }
    buf_wipe(&text);
}

static void say_failed_save(struct session *session, enum fail fail, const char *problem)
{
    if (fail != FAIL_NONE) {
        say_problem(session, problem);
        if (session->exit_code == LIFE_EXIT_STOPPED) {
            session->exit_code = LIFE_EXIT_DATA;
        }
    }
}

static void on_saved(struct saver *saver, enum fail fail, const char *problem)
{
    struct session *session = LIST_ITEM(saver, struct session, saver);

    say_failed_save(session, fail, problem);
    feed(session, &(struct life_event){.kind = LIFE_STORED, .stored = fail});
    end_if_done(session);
}

/* --- The payment ------------------------------------------------------- */

static void feed_sale(struct session *session, const struct sale_event *event)
{
    feed(session, &(struct life_event){.kind = LIFE_SALE, .sale = *event});
}

static void on_sale_saved(struct saver *saver, enum fail fail, const char *problem)
{
    struct session *session = LIST_ITEM(saver, struct session, sale_saver);

    say_failed_save(session, fail, problem);
    feed_sale(session, &(struct sale_event){.kind = SALE_STORED, .stored = fail});
    end_if_done(session);
}

static void feed_due(struct session *session, enum sale_timer timer)
{
    struct sale_event event = {.kind = SALE_DUE, .due = {.timer = timer}};

    id_random(&event.due.chance, sizeof(event.due.chance));
    feed_sale(session, &event);
}

static void run_sale_step(struct loop_timer *timer)
{
    feed_due(LIST_ITEM(timer, struct session, sale_step), SALE_TIMER_STEP);
}

static void run_sale_backstop(struct loop_timer *timer)
{
    feed_due(LIST_ITEM(timer, struct session, sale_backstop), SALE_TIMER_BACKSTOP);
}

static void do_sale_wait(struct session *session, enum sale_timer timer, int64_t delay_ms)
{
    bool is_step = timer == SALE_TIMER_STEP;

    if (loop_timer_set(session->shared->loop,
                       is_step ? &session->sale_step : &session->sale_backstop, delay_ms,
                       is_step ? run_sale_step : run_sale_backstop) != FAIL_NONE) {
        be_broken(session);
    }
}

/* False when a SAY could not be shown. */
static bool do_sale(struct session *session, const struct life_effect *effect)
{
    const struct sale_effect *wanted = &effect->sale;

    switch (wanted->kind) {
    case SALE_SEND:
        do_send(session, effect);
        break;
    case SALE_STORE:
        saver_save_sale(&session->sale_saver, &session->life.sale.record);
        break;
    case SALE_WAIT:
        do_sale_wait(session, wanted->wait.timer, wanted->wait.delay_ms);
        break;
    case SALE_STOP:
        loop_timer_cancel(session->shared->loop, wanted->stop == SALE_TIMER_STEP
                                                     ? &session->sale_step
                                                     : &session->sale_backstop);
        break;
    case SALE_SAY:
        return session->shared->on_say(session->shared->context, session, effect);
    }
    return true;
}

/* --- The life ---------------------------------------------------------- */

static void run_wait(struct loop_timer *timer)
{
    feed_plain(LIST_ITEM(timer, struct session, wait), LIFE_TIME);
}

/* Full jitter: evenly from nothing to the spread, so that terminals which lost
 * the same server do not come back together. */
static void do_wait(struct session *session, uint32_t least_ms, uint32_t spread_ms)
{
    int64_t wait_ms = (int64_t)least_ms + id_random_below(spread_ms + 1);

    if (loop_timer_set(session->shared->loop, &session->wait, wait_ms, run_wait) != FAIL_NONE) {
        be_broken(session);
    }
}

static void do_give_up(struct session *session, int exit_code)
{
    if (session->exit_code == LIFE_EXIT_STOPPED) { /* else it was broken before */
        session->exit_code = exit_code;
    }
    session->given_up = true;
    end_if_done(session);
}

/* False when a SAY could not be shown. */
static bool do_effect(struct session *session, const struct life_effect *effect)
{
    const struct session_shared *shared = session->shared;

    switch (effect->kind) {
    case LIFE_CONNECT:
        do_connect(session);
        break;
    case LIFE_WAIT:
        do_wait(session, effect->wait.least_ms, effect->wait.spread_ms);
        break;
    case LIFE_SEND:
        do_send(session, effect);
        break;
    case LIFE_STORE:
        saver_save(&session->saver, &session->life.settings);
        break;
    case LIFE_DROP_LOG_IN:
        shared->on_log_in_done(shared->context, session);
        break;
    case LIFE_SAY:
        return shared->on_say(shared->context, session, effect);
    case LIFE_DO_SALE:
        return do_sale(session, effect);
    case LIFE_CLOSE:
        do_close(session, effect->close_code);
        break;
    case LIFE_GIVE_UP:
        do_give_up(session, effect->exit_code);
        break;
    }
    return true;
}

/* What nobody could see is not acknowledged, and what does not stand in the
 * journal is not said to the server. */
static bool promises_a_line(const struct life_effect *effect)
{
    return (effect->kind == LIFE_SEND && effect->send.type == TERMINAL_PING_SHOWN) ||
           (effect->kind == LIFE_DO_SALE && effect->sale.kind == SALE_SEND);
}

static void feed(struct session *session, const struct life_event *event)
{
    struct life_effects effects;
    bool shown = true;
    size_t i;

    life_step(&session->life, event, &effects);
    for (i = 0; i < effects.count; i++) {
        const struct life_effect *effect = &effects.list[i];

        if (shown || !promises_a_line(effect)) {
            shown = do_effect(session, effect) && shown;
        }
    }
}

/* --- Public ------------------------------------------------------------ */

enum fail session_create(struct session **out, const struct session_shared *shared,
                         const struct session_options *options)
{
    struct session *session = calloc(1, sizeof(*session));

    if (session == NULL) {
        return FAIL_MEMORY;
    }
    session->shared = shared;
    session->number = options->number;
    saver_init(&session->saver, loop_executor(shared->loop), shared->disk, options->memory,
               on_saved);
    saver_init(&session->sale_saver, loop_executor(shared->loop), shared->disk, options->memory,
               on_sale_saved);
    session->end_task.run = run_end;
    session->broken_task.run = run_broken;
    life_init(&session->life, options->settings);
    if (options->sale != NULL) {
        life_take_up(&session->life, options->sale, options->person);
    }
    feed(session, &(struct life_event){.kind = LIFE_LOG_IN_GIVEN, .log_in = options->log_in});
    if (options->continue_) {
        feed_plain(session, LIFE_CONTINUE);
    }
    *out = session;
    return FAIL_NONE;
}

void session_destroy(struct session **session_at)
{
    struct session *session = *session_at;

    if (session == NULL) {
        return;
    }
    *session_at = NULL;
    assert(session->dial == NULL && !saver_is_busy(&session->saver));
    assert(!saver_is_busy(&session->sale_saver));
    assert(!list_holds(&session->broken_task.link));
    life_finish(&session->life);
    free(session);
}

void session_start(struct session *session)
{
    feed_plain(session, LIFE_START);
}

void session_stop(struct session *session)
{
    feed_plain(session, LIFE_STOP);
}

bool session_act(struct session *session, struct person_command command)
{
    if (!sale_awaits(&session->life.sale, command.act)) {
        return false;
    }
    feed_sale(session, &(struct sale_event){.kind = SALE_TOLD, .told = command});
    return true;
}

unsigned session_number(const struct session *session)
{
    return session->number;
}

const struct settings *session_settings(const struct session *session)
{
    return &session->life.settings;
}

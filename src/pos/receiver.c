/* One loop takes the requests; a few threads make the calls that block.
 *
 * A message is checked on the loop. Where it is to be passed on, its answer is
 * that of the other server, whatever it is: who sends webhooks must learn that
 * the program behind them has failed, and send again. Where its transaction is
 * to be fetched, that comes after the answer: the sender is not to wait for it. */
#include "pos/receiver.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/pool.h"
#include "net/client.h"
#include "net/listen.h"
#include "net/loop.h"
#include "net/serve.h"

enum { WORKERS = 4, FORWARD_LIMIT_MS = 12000, SENTENCE_SIZE = 512 };

_Static_assert((int)RECEIVER_PROBLEM_SIZE >= (int)LISTEN_PROBLEM_SIZE, "room for its sentence");

struct receiver {
    const struct receiver_options *options;
    struct loop *loop;
    struct serve *serve;
    struct listener *listener;
    struct pool *pool;
    struct webhook_memory *memory;
    bool stopping;
};

/* A genuine message on its way. */
struct reception {
    struct receiver *receiver;
    struct exchange *exchange; /* NULL: it is answered */
    struct task task;
    struct webhook webhook;
    struct buf body;
    struct received received;
    char forward_problem[CLIENT_PROBLEM_SIZE];
    struct pos_transaction transaction;
    struct pos_refusal refusal;
};

/* --- Answers ---------------------------------------------------------------- */

static void answer_text(struct exchange *exchange, int status, const char *sentence)
{
    static const struct exchange_header ALLOW = {"Allow", "POST"};
    char text[SENTENCE_SIZE];

    (void)text_format(text, sizeof(text), "%s\n", sentence);
    exchange_answer(exchange, &(struct exchange_answer){.status = status,
                                                        .content_type = "text/plain; charset=utf-8",
                                                        .body = slice_of(text),
                                                        .headers = &ALLOW,
                                                        .header_count = status == 405 ? 1 : 0});
}

static void refuse(struct receiver *receiver, struct exchange *exchange, int status,
                   const char *sentence)
{
    const struct received received = {.refused = sentence, .answer = status};

    answer_text(exchange, status, sentence);
    receiver->options->on_received(receiver->options->context, &received);
}

static void answer(struct reception *reception)
{
    struct exchange *exchange = reception->exchange;

    reception->exchange = NULL;
    if (reception->receiver->options->forward == NULL) {
        reception->received.answer = 200;
    } else {
        reception->received.answer =
            reception->received.forwarded != 0 ? reception->received.forwarded : 502;
    }
    if (reception->received.answer == 502 && reception->received.forwarded == 0) {
        answer_text(exchange, 502, reception->forward_problem);
        return;
    }
    exchange_answer(exchange, &(struct exchange_answer){.status = reception->received.answer});
}

static void finish(struct reception *reception)
{
    const struct receiver_options *options = reception->receiver->options;

    reception->received.webhook = &reception->webhook;
    reception->received.body = buf_view(&reception->body);
    options->on_received(options->context, &reception->received);
    buf_finish(&reception->body);
    free(reception);
}

/* --- With the pool ----------------------------------------------------------- */

static void on_loop(struct task *task);

static void go_home(struct reception *reception)
{
    reception->task.run = on_loop;
    executor_post(loop_executor(reception->receiver->loop), &reception->task);
}

/* On a worker: the same bytes, and the headers by which they are verified. */
static void forward(struct reception *reception)
{
    const struct receiver_options *options = reception->receiver->options;
    const struct client_header headers[] = {{"Content-Type", "application/json"},
                                            {"webhook-id", reception->webhook.id},
                                            {"webhook-timestamp", reception->webhook.timestamp},
                                            {"webhook-signature", reception->webhook.signatures}};
    const struct client_request request = {.method = "POST",
                                           .url = options->forward,
                                           .headers = headers,
                                           .header_count = sizeof(headers) / sizeof(headers[0]),
                                           .body = buf_view(&reception->body),
                                           .timeout_ms = FORWARD_LIMIT_MS,
                                           .ca_file = options->ca_file};
    struct client_reply reply;

    if (client_call(&request, &reply, reception->forward_problem) == FAIL_NONE) {
        reception->received.forwarded = reply.status;
        buf_finish(&reply.body);
    } else {
        reception->received.forward_problem = reception->forward_problem;
    }
}

static void call_client(void *context, const struct pos_ask *ask, struct pos_said *said)
{
    pos_call(context, ask, said);
}

static void fetch(struct reception *reception)
{
    struct pos_client client = *reception->receiver->options->client;
    const struct pos_api api = {.call = call_client, .context = &client};

    if (ask_transaction(&api, reception->webhook.transaction, &reception->transaction,
                        &reception->refusal)) {
        reception->received.transaction = &reception->transaction;
    } else {
        reception->received.fetch_problem = reception->refusal.problem;
    }
}

static void on_worker(struct task *task)
{
    struct reception *reception = TASK_OWNER(task, struct reception, task);

    if (reception->exchange != NULL) {
        forward(reception);
    } else {
        fetch(reception);
    }
    go_home(reception);
}

static bool submit(struct reception *reception)
{
    reception->task.run = on_worker;
    return pool_submit(reception->receiver->pool, &reception->task) == FAIL_NONE;
}

/* Answered: its transaction, or the end. */
static void go_on(struct reception *reception)
{
    bool wanted = reception->receiver->options->client != NULL &&
                  reception->webhook.transaction != 0 && !reception->receiver->stopping;

    if (wanted && submit(reception)) {
        return;
    }
    if (wanted) {
        reception->received.fetch_problem = "too many messages came at once";
    }
    finish(reception);
}

static void on_loop(struct task *task)
{
    struct reception *reception = TASK_OWNER(task, struct reception, task);

    if (reception->exchange == NULL) {
        finish(reception);
        return;
    }
    answer(reception);
    go_on(reception);
}

/* --- Requests ------------------------------------------------------------------ */

static struct reception *reception_make(struct receiver *receiver, struct exchange *exchange,
                                        const struct webhook *webhook, struct slice body)
{
    struct reception *reception = calloc(1, sizeof(*reception));

    if (reception == NULL) {
        return NULL;
    }
    reception->receiver = receiver;
    reception->exchange = exchange;
    reception->webhook = *webhook;
    buf_init(&reception->body, HTTP_BODY_MAX);
    buf_slice(&reception->body, body);
    if (buf_fail(&reception->body) != FAIL_NONE) {
        buf_finish(&reception->body);
        free(reception);
        return NULL;
    }
    return reception;
}

/* 503: the sender tries again. */
static void take(struct receiver *receiver, struct exchange *exchange,
                 const struct webhook *webhook, struct slice body)
{
    struct reception *reception = reception_make(receiver, exchange, webhook, body);

    if (reception == NULL) {
        refuse(receiver, exchange, 503, "there is no memory left for this message");
        return;
    }
    if (receiver->options->forward != NULL) {
        if (!submit(reception)) {
            buf_finish(&reception->body);
            free(reception);
            refuse(receiver, exchange, 503, "too many messages came at once");
            return;
        }
        reception->received.repeated = webhook_memory_note(receiver->memory, webhook->id);
        return;
    }
    reception->received.repeated = webhook_memory_note(receiver->memory, webhook->id);
    answer(reception);
    go_on(reception);
}

static void on_request(void *context, struct exchange *exchange, const struct http_head *head,
                       struct slice body)
{
    struct receiver *receiver = context;
    struct webhook webhook;
    const char *wrong;

    if (head->method != HTTP_POST) {
        refuse(receiver, exchange, 405, "a webhook comes by POST");
        return;
    }
    wrong = webhook_read(head, body, receiver->options->secret, clock_wall_ms() / 1000, &webhook);
    if (wrong != NULL) {
        refuse(receiver, exchange, 401, wrong);
        return;
    }
    take(receiver, exchange, &webhook, body);
}

static void on_connection(void *context, struct uv_stream_s *stream)
{
    struct receiver *receiver = context;

    serve_accept(receiver->serve, stream);
}

/* --- Life --------------------------------------------------------------------- */

static void on_signal(void *context, int number)
{
    struct receiver *receiver = context;

    (void)number;
    if (receiver->stopping) {
        return;
    }
    receiver->stopping = true;
    listener_stop(&receiver->listener);
    serve_close_all(receiver->serve);
    loop_stop(receiver->loop);
}

static enum fail start(struct receiver *receiver, int descriptor)
{
    const struct serve_handler handler = {.on_request = on_request, .context = receiver};
    const struct listener_events events = {.on_connection = on_connection, .context = receiver};
    enum fail fail = serve_create(&receiver->serve, receiver->loop, &handler, NULL);

    if (fail == FAIL_NONE) {
        fail = listener_start(&receiver->listener, receiver->loop, descriptor, &events);
    }
    if (fail == FAIL_NONE) {
        fail = loop_on_signal(receiver->loop, SIGINT, on_signal, receiver);
    }
    if (fail == FAIL_NONE) {
        fail = loop_on_signal(receiver->loop, SIGTERM, on_signal, receiver);
    }
    return fail;
}

/* The loop is over, or never ran: what is with the pool comes to its end. */
static void close_all(struct receiver *receiver)
{
    /* A call that still waits for an answer does not hold up a second Ctrl-C. */
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
    pool_destroy(&receiver->pool);
    if (receiver->loop != NULL) {
        loop_run_posted(receiver->loop);
    }
    listener_stop(&receiver->listener);
    serve_destroy(&receiver->serve);
    loop_destroy(&receiver->loop);
    webhook_memory_destroy(&receiver->memory);
}

static void tell_ready(const struct receiver *receiver, const struct listen_address *address)
{
    char text[LISTEN_TEXT_SIZE];
    bool is_six = strchr(address->host, ':') != NULL;

    (void)text_format(text, sizeof(text), "%s%s%s:%u", is_six ? "[" : "", address->host,
                      is_six ? "]" : "", address->port);
    receiver->options->on_ready(receiver->options->context, text);
}

enum fail receiver_run(const struct receiver_options *options, char problem[RECEIVER_PROBLEM_SIZE])
{
    struct receiver receiver = {.options = options};
    struct listen_address address = {.port = options->port};
    int descriptor;
    enum fail fail = slice_copy(slice_of(options->host), address.host, sizeof(address.host));

    (void)text_format(problem, RECEIVER_PROBLEM_SIZE, "the host's name is too long");
    if (fail == FAIL_NONE) {
        fail = listen_open(&address, 1, &descriptor, problem);
    }
    if (fail != FAIL_NONE) {
        return fail;
    }
    (void)text_format(problem, RECEIVER_PROBLEM_SIZE, "%s", fail_text(FAIL_MEMORY));
    fail = loop_create(&receiver.loop, 0);
    if (fail == FAIL_NONE) {
        fail = webhook_memory_create(&receiver.memory);
    }
    if (fail == FAIL_NONE) {
        fail = pool_create(&receiver.pool, "webhooks", WORKERS, RECEIVER_AT_ONCE, NULL);
    }
    if (fail == FAIL_NONE) {
        fail = start(&receiver, descriptor);
    }
    if (fail == FAIL_NONE) {
        tell_ready(&receiver, &address);
        loop_run(receiver.loop);
    }
    close_all(&receiver);
    return fail;
}

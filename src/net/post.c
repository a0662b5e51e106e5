/* The poster's threads: a few that look names up (the C library's way of doing
 * so blocks), and one on which libcurl does all transfers at once.
 *
 * A post goes poster_send -> look-up -> transfer -> home. Between the threads
 * it lies in a list, by the poster's lock. */
#include "net/post.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "base/pool.h"
#include "net/post_part.h"
#include "wire/webhook_url.h"

enum { LOOKUP_THREADS = 8, LOOKUP_QUEUE_MAX = 4096, POLL_MS = 1000 };

struct poster {
    struct poster_options options;
    struct pool *lookups;
    CURLM *multi;
    pthread_t thread;
    bool running; /* the thread was started */
    pthread_mutex_t lock;
    struct list found;  /* struct post_transfer: looked up, by lock */
    bool stopping;      /* by lock */
    struct list going;  /* of the thread: given to libcurl, or waiting for a place */
    unsigned under_way; /* of the thread: given to libcurl */
};

static pthread_once_t curl_started = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);

    assert(code == CURLE_OK);
    (void)code;
}

/* --- The end of a post --------------------------------------------------------- */

static void run_done(struct task *task)
{
    struct post *post = TASK_OWNER(task, struct post, task);

    post->done(post);
}

static void answer(struct post *post)
{
    post->task.run = run_done;
    executor_post(post->home, &post->task);
}

/* The post has its answer; the transfer is gone after it. */
static void transfer_answer(struct post_transfer *transfer)
{
    struct post *post = transfer->post;

    post->took_ms = clock_monotonic_ms() - transfer->began_ms;
    post_transfer_free(transfer);
    answer(post);
}

static void tell(struct post *post, const char *problem)
{
    (void)text_format(post->problem, POST_PROBLEM_SIZE, "%s", problem);
}

/* --- Looking up --------------------------------------------------------------------- */

static void run_lookup(struct task *task)
{
    struct post_transfer *transfer = TASK_OWNER(task, struct post_transfer, task);
    struct poster *poster = transfer->poster;

    transfer->fail = post_address_find(transfer);
    pthread_mutex_lock(&poster->lock);
    list_push_back(&poster->found, &transfer->link);
    pthread_mutex_unlock(&poster->lock);
    (void)curl_multi_wakeup(poster->multi);
}

void poster_send(struct poster *poster, struct post *post)
{
    struct post_transfer *transfer = calloc(1, sizeof(*transfer));
    const char *problem = "there is no memory left to send it";

    post->status = 0;
    post->retry_after_s = 0;
    post->took_ms = 0;
    post->problem[0] = '\0';
    if (transfer != NULL) {
        transfer->poster = poster;
        transfer->post = post;
        transfer->began_ms = clock_monotonic_ms();
        transfer->task.run = run_lookup;
        problem =
            webhook_url_read(slice_of(post->url), poster->options.allow_loopback, &transfer->url);
        /* A name that is allowed only because it is this machine's. */
        transfer->loopback_only = webhook_url_problem(slice_of(post->url), false) != NULL;
        if (problem == NULL && pool_submit(poster->lookups, &transfer->task) == FAIL_NONE) {
            return;
        }
        if (problem == NULL) {
            problem = "too many webhooks are being sent at the same time";
        } else {
            (void)text_format(post->problem, POST_PROBLEM_SIZE, "the URL %s", problem);
            problem = NULL;
        }
    }
    if (problem != NULL) {
        tell(post, problem);
    }
    free(transfer);
    answer(post);
}

/* --- The thread ------------------------------------------------------------------------ */

/* A post that cannot even begin. */
static void drop(struct post_transfer *transfer, const char *problem)
{
    if (transfer->post->problem[0] == '\0') {
        tell(transfer->post, problem);
    }
    transfer_answer(transfer);
}

static void begin(struct poster *poster, struct post_transfer *transfer)
{
    if (transfer->fail != FAIL_NONE) {
        drop(transfer, "the host cannot be looked up");
        return;
    }
    if (clock_monotonic_ms() - transfer->began_ms >= transfer->post->limit_ms) {
        drop(transfer, "looking up the host took too long");
        return;
    }
    if (post_transfer_make(transfer, poster->options.ca_file) != FAIL_NONE ||
        curl_multi_add_handle(poster->multi, transfer->easy) != CURLM_OK) {
        drop(transfer, "there is no memory left to send it");
        return;
    }
    list_push_back(&poster->going, &transfer->link);
    poster->under_way++;
}

/* False when the poster is to stop. */
static bool begin_found(struct poster *poster)
{
    bool stopping;

    for (;;) {
        struct list_link *link = NULL;

        pthread_mutex_lock(&poster->lock);
        stopping = poster->stopping;
        if (!stopping && poster->under_way < poster->options.at_once) {
            link = list_pop_front(&poster->found);
        }
        pthread_mutex_unlock(&poster->lock);
        if (link == NULL) {
            return !stopping;
        }
        begin(poster, LIST_ITEM(link, struct post_transfer, link));
    }
}

static void end(struct poster *poster, struct post_transfer *transfer, CURLcode code)
{
    list_remove(&transfer->link);
    poster->under_way--;
    post_transfer_end(transfer, (int)code);
    (void)curl_multi_remove_handle(poster->multi, transfer->easy);
    transfer_answer(transfer);
}

static void end_all_done(struct poster *poster)
{
    const CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(poster->multi, &left)) != NULL) {
        CURLcode code = message->data.result;
        char *transfer = NULL;

        if (message->msg == CURLMSG_DONE) {
            (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
            end(poster, (struct post_transfer *)(void *)transfer, code);
        }
    }
}

/* What is under way is cut off: whether it arrived is not known, and it goes
 * again after the next start. */
static void cut_all(struct poster *poster)
{
    struct list_link *link;

    while ((link = list_first(&poster->going)) != NULL) {
        struct post_transfer *transfer = LIST_ITEM(link, struct post_transfer, link);

        list_remove(link);
        (void)curl_multi_remove_handle(poster->multi, transfer->easy);
        drop(transfer, "the server stopped meanwhile");
    }
    while ((link = list_pop_front(&poster->found)) != NULL) {
        drop(LIST_ITEM(link, struct post_transfer, link), "the server stopped meanwhile");
    }
}

static void *thread_run(void *argument)
{
    struct poster *poster = argument;
    int running = 0;

    (void)pthread_setname_np(pthread_self(), "poster");
    while (begin_found(poster)) {
        (void)curl_multi_poll(poster->multi, NULL, 0, POLL_MS, NULL);
        (void)curl_multi_perform(poster->multi, &running);
        end_all_done(poster);
    }
    return NULL;
}

/* --- Its life ------------------------------------------------------------------------------ */

enum fail poster_create(struct poster **out, const struct poster_options *options)
{
    struct poster *poster = calloc(1, sizeof(*poster));

    assert(options->at_once > 0);
    (void)pthread_once(&curl_started, start_curl);
    if (poster == NULL) {
        return FAIL_MEMORY;
    }
    poster->options = *options;
    pthread_mutex_init(&poster->lock, NULL);
    list_init(&poster->found);
    list_init(&poster->going);
    poster->multi = curl_multi_init();
    if (poster->multi == NULL ||
        curl_multi_setopt(poster->multi, CURLMOPT_MAXCONNECTS, (long)options->at_once) !=
            CURLM_OK ||
        pool_create(&poster->lookups, "names", LOOKUP_THREADS, LOOKUP_QUEUE_MAX, NULL) !=
            FAIL_NONE) {
        poster_destroy(&poster);
        return FAIL_MEMORY;
    }
    poster->running = pthread_create(&poster->thread, NULL, thread_run, poster) == 0;
    if (!poster->running) {
        poster_destroy(&poster);
        return FAIL_MEMORY;
    }
    *out = poster;
    return FAIL_NONE;
}

void poster_destroy(struct poster **poster_at)
{
    struct poster *poster = *poster_at;

    if (poster == NULL) {
        return;
    }
    *poster_at = NULL;
    pool_destroy(&poster->lookups); /* look-ups under way end; they may take seconds */
    if (poster->running) {
        pthread_mutex_lock(&poster->lock);
        poster->stopping = true;
        pthread_mutex_unlock(&poster->lock);
        (void)curl_multi_wakeup(poster->multi);
        pthread_join(poster->thread, NULL);
    }
    cut_all(poster);
    if (poster->multi != NULL) {
        (void)curl_multi_cleanup(poster->multi);
    }
    pthread_mutex_destroy(&poster->lock);
    free(poster);
}

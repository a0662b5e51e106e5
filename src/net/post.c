/* The poster's threads: a few that look names up (the C library's way of doing
 * so blocks), and one on which libcurl does all transfers at once.
 *
 * A post goes poster_send -> look-up -> transfer -> home. Between the threads
 * it lies in a list, by the poster's lock. A look-up cannot be broken off: when
 * its post's time has run out first, the post is answered and the look-up goes
 * on for nobody. */
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

enum { LOOKUP_THREADS = 16, LOOKUP_QUEUE_MAX = 4096, POLL_MS = 1000 };

struct poster {
    struct poster_options options;
    struct pool *lookups;
    CURLM *multi;
    pthread_t thread;
    bool running; /* the thread was started */
    pthread_mutex_t lock;
    struct list looking; /* struct post_transfer: on its way to `found`, by lock */
    struct list found;   /* looked up, by lock */
    bool stopping;       /* by lock */
    struct list going;   /* of the thread: given to libcurl, or waiting for a place */
    unsigned under_way;  /* of the thread: given to libcurl */
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

    assert(post != NULL);
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
    bool wanted;

    pthread_mutex_lock(&poster->lock);
    wanted = transfer->post != NULL && !poster->stopping;
    pthread_mutex_unlock(&poster->lock);
    transfer->fail = wanted ? post_address_find(transfer) : FAIL_CLOSED;
    pthread_mutex_lock(&poster->lock);
    wanted = transfer->post != NULL;
    if (wanted) {
        list_remove(&transfer->link);
        list_push_back(&poster->found, &transfer->link);
    }
    pthread_mutex_unlock(&poster->lock);
    if (wanted) {
        (void)curl_multi_wakeup(poster->multi);
    } else {
        post_transfer_free(transfer);
    }
}

/* False: too many wait. The post may have been answered by then, as too late:
 * then it is true. */
static bool look_up(struct poster *poster, struct post_transfer *transfer)
{
    bool refused;

    pthread_mutex_lock(&poster->lock);
    list_push_back(&poster->looking, &transfer->link);
    pthread_mutex_unlock(&poster->lock);
    if (pool_submit(poster->lookups, &transfer->task) == FAIL_NONE) {
        return true;
    }
    pthread_mutex_lock(&poster->lock);
    refused = transfer->post != NULL;
    if (refused) {
        list_remove(&transfer->link);
    }
    pthread_mutex_unlock(&poster->lock);
    post_transfer_free(transfer);
    return !refused;
}

void poster_send(struct poster *poster, struct post *post)
{
    struct post_transfer *transfer = calloc(1, sizeof(*transfer));
    const char *problem;

    assert(post->body.length > 0 && post->header_count <= POST_HEADERS_MAX);
    post->status = 0;
    post->retry_after_s = 0;
    post->took_ms = 0;
    post->problem[0] = '\0';
    if (transfer == NULL) {
        tell(post, "there is no memory left to send it");
        answer(post);
        return;
    }
    transfer->poster = poster;
    transfer->post = post;
    transfer->began_ms = clock_monotonic_ms();
    transfer->task.run = run_lookup;
    problem = webhook_url_read(slice_of(post->url), poster->options.allow_loopback, &transfer->url);
    if (problem != NULL) {
        tell(post, problem);
        post_transfer_free(transfer);
        answer(post);
        return;
    }
    /* A host that is allowed only because it is this machine's. */
    transfer->loopback_only = webhook_url_problem(slice_of(post->url), false) != NULL;
    if (!look_up(poster, transfer)) {
        tell(post, "too many webhooks are being sent at the same time");
        answer(post);
    }
}

/* --- The thread ------------------------------------------------------------------------ */

/* A post that cannot even begin. */
static void drop(struct post_transfer *transfer, const char *problem)
{
    tell(transfer->post, problem);
    transfer_answer(transfer);
}

/* One whose time has run out while its host was looked up; NULL: there is none.
 * The others' next moment may be sooner than `*wait_ms`. */
static struct post *late_take(struct poster *poster, int *wait_ms)
{
    int64_t now_ms = clock_monotonic_ms();
    struct list_link *link;
    struct post *late = NULL;

    pthread_mutex_lock(&poster->lock);
    for (link = list_first(&poster->looking); link != NULL && late == NULL;
         link = list_next(&poster->looking, link)) {
        struct post_transfer *transfer = LIST_ITEM(link, struct post_transfer, link);
        int64_t left_ms = transfer->began_ms + transfer->post->limit_ms - now_ms;

        if (left_ms <= 0) {
            late = transfer->post;
            late->took_ms = now_ms - transfer->began_ms;
            transfer->post = NULL;
            list_remove(&transfer->link);
            break;
        }
        *wait_ms = left_ms < *wait_ms ? (int)left_ms : *wait_ms;
    }
    pthread_mutex_unlock(&poster->lock);
    return late;
}

/* How long the thread may sleep then. */
static int answer_late(struct poster *poster)
{
    int wait_ms = POLL_MS;
    struct post *late;

    while ((late = late_take(poster, &wait_ms)) != NULL) {
        tell(late, "looking up the host took too long");
        answer(late);
    }
    return wait_ms;
}

static void begin(struct poster *poster, struct post_transfer *transfer)
{
    if (transfer->fail != FAIL_NONE) {
        drop(transfer, transfer->why);
        return;
    }
    if (clock_monotonic_ms() - transfer->began_ms >= transfer->post->limit_ms) {
        drop(transfer, "there was no time left to send it");
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
        (void)curl_multi_poll(poster->multi, NULL, 0, answer_late(poster), NULL);
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
    list_init(&poster->looking);
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
    pthread_mutex_lock(&poster->lock);
    poster->stopping = true;
    pthread_mutex_unlock(&poster->lock);
    pool_destroy(&poster->lookups); /* look-ups under way end; they may take seconds */
    if (poster->running) {
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

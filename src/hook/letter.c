/* A letter is signed anew at each attempt: the timestamp is the attempt's. Id
 * and body are always the same. */
#include "hook/letter.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "hook/body.h"
#include "hook/courier_part.h"

enum { MS_PER_S = 1000 };

static const char USER_AGENT[] = "Tillwire/" TILLWIRE_VERSION;

struct letter *letter_create(struct courier *courier, const struct delivery_row *row)
{
    struct letter *letter = calloc(1, sizeof(*letter));

    if (letter != NULL) {
        letter->courier = courier;
        letter->row = *row;
        buf_init(&letter->body, BODY_MAX);
    }
    return letter;
}

void letter_destroy(struct letter **letter_at)
{
    struct letter *letter = *letter_at;

    *letter_at = NULL;
    assert(letter->state != LETTER_SENT && letter->state != LETTER_SAVING);
    list_remove(&letter->link);
    buf_finish(&letter->body);
    free(letter->url);
    free(letter);
}

static void sign(struct letter *letter, const struct webhook *webhook)
{
    int64_t now_ms = clock_wall_ms();
    struct signed_message message = {.id = slice_of(letter->row.message_id),
                                     .timestamp_s = now_ms / MS_PER_S,
                                     .body = buf_view(&letter->body)};
    char *end = letter->signatures;

    letter->attempt.at_ms = now_ms;
    (void)text_format(letter->seconds, sizeof(letter->seconds), "%lld",
                      (long long)message.timestamp_s);
    signature_write(&message, webhook->secret, end);
    if (webhook->has_old_secret && now_ms < webhook->old_until_ms) {
        end += strlen(end);
        *end++ = ' ';
        signature_write(&message, webhook->old_secret, end);
    }
}

static void address(struct letter *letter)
{
    const struct post_header headers[LETTER_HEADERS] = {
        {"content-type", "application/json"},
        {"webhook-id", letter->row.message_id},
        {"webhook-timestamp", letter->seconds},
        {"webhook-signature", letter->signatures},
        {"user-agent", USER_AGENT},
    };

    static_assert((int)LETTER_HEADERS <= (int)POST_HEADERS_MAX, "a post has room for them");
    memcpy(letter->headers, headers, sizeof(headers));
    letter->post = (struct post){
        .url = letter->url,
        .headers = letter->headers,
        .header_count = LETTER_HEADERS,
        .body = buf_view(&letter->body),
        .limit_ms = DELIVERY_ANSWER_MS,
        .home = letter->courier->home,
    };
}

/* Why it was not taken; "" when it was. */
static void problem_write(struct letter *letter)
{
    const struct post *post = &letter->post;
    char *out = letter->attempt.problem;
    size_t size = sizeof(letter->attempt.problem);

    out[0] = '\0';
    if (post->status == 0) {
        (void)text_format(out, size, "%s", post->problem[0] == '\0' ? "no answer" : post->problem);
    } else if (post->status >= 300 && post->status < 400) {
        (void)text_format(out, size, "the endpoint answered %d: a redirect is not followed",
                          post->status);
    } else if (letter->answer != DELIVERY_TAKEN) {
        (void)text_format(out, size, "the endpoint answered %d", post->status);
    }
}

static void on_answer(struct post *post)
{
    struct letter *letter = LIST_ITEM(post, struct letter, post);

    assert(letter->state == LETTER_SENT);
    letter->answer = delivery_answer_of(post->status);
    letter->answered_ms = courier_now_ms(letter->courier);
    letter->attempt.took_ms = post->took_ms;
    letter->attempt.status = post->status;
    problem_write(letter);
    letter->answered(letter);
}

enum fail letter_send(struct letter *letter, const struct webhook *webhook)
{
    struct courier_client *client = &letter->courier->client;

    assert(letter->state == LETTER_READY && letter->url == NULL);
    body_write(&letter->row, &letter->body);
    letter->url = strdup(webhook->url);
    if (letter->url == NULL || buf_fail(&letter->body) != FAIL_NONE) {
        free(letter->url);
        letter->url = NULL;
        buf_finish(&letter->body);
        return FAIL_MEMORY;
    }
    sign(letter, webhook);
    address(letter);
    letter->post.done = on_answer;
    letter->state = LETTER_SENT;
    client->send(client->context, &letter->post);
    return FAIL_NONE;
}

void letter_count(struct letter *letter, int64_t retry_after_s)
{
    struct delivery_row *row = &letter->row;
    uint32_t chance;
    int64_t wait_ms;

    row->attempts++;
    if (letter->answer == DELIVERY_TAKEN) {
        row->state = DELIVERY_DELIVERED;
        row->ended_ms = clock_wall_ms();
        return;
    }
    id_random(&chance, sizeof(chance));
    wait_ms = delivery_wait_ms(row->attempts, chance, retry_after_s);
    if (wait_ms < 0) {
        row->state = DELIVERY_DEAD;
        row->ended_ms = clock_wall_ms();
    } else {
        row->next_ms = letter->answered_ms + wait_ms;
    }
}

static enum fail save_run(struct store_job *job, struct store_tx *tx)
{
    struct letter *letter = LIST_ITEM(job, struct letter, job);

    return store_delivery_attempted(tx, &letter->row, &letter->attempt);
}

static void on_saved(struct store_job *job, enum fail fail)
{
    struct letter *letter = LIST_ITEM(job, struct letter, job);

    assert(letter->state == LETTER_SAVING);
    letter->saved(letter, fail);
}

void letter_save(struct letter *letter)
{
    letter->state = LETTER_SAVING;
    letter->job.run = save_run;
    letter->job.done = on_saved;
    letter->job.home = letter->courier->home;
    store_write(letter->courier->store, &letter->job);
}

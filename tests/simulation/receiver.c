#include "simulation/receiver.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/post.h"
#include "simulation/server.h"
#include "simulation/shop.h"
#include "wire/signature.h"

enum { BUSY_S = 30 };

/* A post on its way there, or its answer on the way back. */
struct way {
    struct list_link link;
    struct moment moment;
    struct world *world;
    struct post *post;
    int64_t began_ms;
    int status;
};

void receiver_finish(struct receiver *receiver)
{
    free(receiver->journal);
    receiver->journal = NULL;
}

static void post_is_done(struct task *task)
{
    struct post *post = TASK_OWNER(task, struct post, task);

    post->done(post);
}

static void way_end(struct way *way, int status, const char *problem)
{
    struct post *post = way->post;

    post->status = status;
    post->took_ms = way->world->now_ms - way->began_ms;
    (void)text_format(post->problem, sizeof(post->problem), "%s", problem);
    post->task.run = post_is_done;
    list_remove(&way->link);
    agenda_take(&way->world->agenda, &way->moment);
    free(way);
    executor_post(post->home, &post->task);
}

static const char *header_of(const struct post *post, const char *name)
{
    size_t i;

    for (i = 0; i < post->header_count; i++) {
        if (strcmp(post->headers[i].name, name) == 0) {
            return post->headers[i].value;
        }
    }
    return "";
}

static void check_signature(struct receiver *receiver, const struct post *post)
{
    enum signature_verdict verdict = signature_check(
        slice_of(header_of(post, "webhook-id")), slice_of(header_of(post, "webhook-timestamp")),
        slice_of(header_of(post, "webhook-signature")), post->body, receiver->secret,
        clock_wall_ms() / 1000);

    if (verdict == SIGNATURE_WRONG || verdict == SIGNATURE_MALFORMED) {
        world_violation(receiver->world, "I8", "a webhook's signature is wrong");
    }
}

static void write_down(struct receiver *receiver, const struct post *post, bool taken)
{
    struct received *received;

    if (receiver->count == receiver->capacity) {
        receiver->capacity = receiver->capacity * 2 + 16;
        receiver->journal =
            realloc(receiver->journal, receiver->capacity * sizeof(*receiver->journal));
        assert(receiver->journal != NULL);
    }
    received = &receiver->journal[receiver->count++];
    received->at_ms = receiver->world->now_ms;
    received->taken = taken;
    (void)text_format(received->id, sizeof(received->id), "%s", header_of(post, "webhook-id"));
    (void)text_format(received->body, sizeof(received->body), "%.*s", (int)post->body.length,
                      post->body.bytes);
}

static void way_back(struct moment *moment)
{
    struct way *way = LIST_ITEM(moment, struct way, moment);

    way_end(way, way->status, way->status == 0 ? "the answer was lost" : "");
}

static void way_times_out(struct moment *moment)
{
    way_end(LIST_ITEM(moment, struct way, moment), 0, "no answer in time");
}

static void arrive(struct moment *moment)
{
    static const int statuses[RECEIVER_MOODS] = {[RECEIVER_WELL] = 204,
                                                 [RECEIVER_BROKEN] = 500,
                                                 [RECEIVER_REFUSING] = 400,
                                                 [RECEIVER_BUSY] = 429};
    struct way *way = LIST_ITEM(moment, struct way, moment);
    struct world *world = way->world;
    struct post *post = way->post;
    struct receiver *receiver = shop_receiver(world, post->url);
    enum receiver_mood mood = receiver->mood;
    bool takes = mood == RECEIVER_WELL || mood == RECEIVER_FORGETFUL || mood == RECEIVER_SLOW;

    world_note(world, "receiver %u, mood %d, hears %s: %.*s", receiver->shop, (int)mood,
               header_of(post, "webhook-id"), (int)post->body.length, post->body.bytes);
    if (mood != RECEIVER_GONE) {
        check_signature(receiver, post);
        write_down(receiver, post, takes);
    }
    way->status = statuses[mood];
    post->retry_after_s = mood == RECEIVER_BUSY ? BUSY_S : 0;
    if (mood == RECEIVER_GONE || mood == RECEIVER_SLOW) {
        agenda_put(&world->agenda, moment, way->began_ms + post->limit_ms, way_times_out);
    } else {
        world_later(world, moment, world_way_ms(world), way_back);
    }
}

void receiver_send(void *context, struct post *post)
{
    struct world *world = context;
    struct way *way = calloc(1, sizeof(*way));

    assert(way != NULL);
    way->world = world;
    way->post = post;
    way->began_ms = world->now_ms;
    list_push_back(&world->ways, &way->link);
    if (!server_is_silent(world)) {
        world_later(world, &way->moment, world_way_ms(world), arrive);
    }
}

void receivers_cut(struct world *world)
{
    struct list_link *link;

    while ((link = list_first(&world->ways)) != NULL) {
        way_end(LIST_ITEM(link, struct way, link), 0, "the server ends");
    }
}

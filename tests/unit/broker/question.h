/* For the tests of access: a token, questions about it, and a clock. */
#ifndef TESTS_BROKER_QUESTION_H
#define TESTS_BROKER_QUESTION_H

#include "base/clock.h"
#include "broker/access.h"
#include "broker/usage.h"
#include "unit/broker/scene.h"

static const struct port NO_PORT;
static const struct permissions READS = {ACCESS_READ, ACCESS_READ, PROCESSING_NONE};

static int64_t wall_ms = 50000;

static inline int64_t wall_now(void *context)
{
    (void)context;
    return wall_ms;
}

static inline struct scene *open_scene(bool threads)
{
    return scene_make(&NO_PORT, threads);
}

/* --- Tokens -------------------------------------------------------------- */

static inline enum fail token_add(struct store_tx *tx, void *argument)
{
    const struct scene *scene = argument;
    struct store_token_new token = {.business = scene->business,
                                    .name = "till",
                                    .hash = hash_of("till"),
                                    .permissions = READS,
                                    .now_ms = NOW_MS};
    int64_t id;

    return store_token_add(tx, &token, &id);
}

/* --- Questions ------------------------------------------------------------- */

struct question {
    struct access_query query;
    bool answered;
    enum fail fail;
};

static inline void on_answer(struct access_query *query, enum fail fail)
{
    struct question *question = LIST_ITEM(query, struct question, query);

    assert_false(question->answered);
    question->answered = true;
    question->fail = fail;
}

static inline void ask(struct scene *scene, struct question *question, const char *token,
                       unsigned loop)
{
    *question = (struct question){
        .query.token = hash_of(token), .query.loop = loop, .query.done = on_answer};
    access_start(scene->broker, &question->query);
}

static inline bool known(struct scene *scene, const char *token, unsigned loop)
{
    struct secret_hash hash = hash_of(token);
    struct access_grant grant;

    return access_known(scene->broker, loop, &hash, &grant);
}

static const struct clock_source QUESTION_CLOCK = {.wall_ms = wall_now};

#endif

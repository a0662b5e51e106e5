/* For stories: points of sale, which ping, and administrators. */
#ifndef TESTS_STORY_POS_H
#define TESTS_STORY_POS_H

#include "story/stage.h"

/* --- Pings --------------------------------------------------------------------- */

struct pos_call {
    struct stage *stage;
    struct ping ping;
};

static inline void pos_answered(struct ping *ping, enum ping_outcome outcome)
{
    static const char *const names[] = {[PING_SHOWN] = "shown",
                                        [PING_NOT_FOUND] = "not found",
                                        [PING_NOT_LISTENING] = "not listening",
                                        [PING_TROUBLE] = "trouble"};
    struct pos_call *call = LIST_ITEM(ping, struct pos_call, ping);

    STAGE_SERVER_ENDS();
    call->stage->pings_under_way--;
    call->stage->pings_shown += outcome == PING_SHOWN;
    if (!call->stage->quiet) {
        stage_note(call->stage, "POS <- %s", names[outcome]);
    }
    free(call);
    STAGE_SERVER_BEGINS();
}

/* A call that arrives on loop `loop`. */
static inline void pos_pings_from(struct stage *stage, unsigned loop, const char *code,
                                  const char *message)
{
    struct pos_call *call = calloc(1, sizeof(*call));

    assert_non_null(call);
    if (!stage->quiet) {
        stage_note(stage, "POS pings %s", code);
    }
    call->stage = stage;
    call->ping = (struct ping){
        .business = stage->business, .message = message, .loop = loop, .done = pos_answered};
    memcpy(call->ping.code, code, CODE_SIZE);
    stage->pings_under_way++;
    STAGE_SERVER_BEGINS();
    ping_start(stage->broker, &call->ping);
    STAGE_SERVER_ENDS();
    stage_settle(stage);
}

static inline void pos_pings(struct stage *stage, const char *code)
{
    pos_pings_from(stage, 0, code, "");
}

/* --- Administrators --------------------------------------------------------------- */

struct admin_change {
    struct stage *stage;
    void (*tell)(struct admin_change *change);
    int64_t device;
    bool on;
};

static inline void *admin_thread(void *argument)
{
    struct admin_change *change = argument;

    stage_role = STAGE_ADMINISTRATOR;
    change->tell(change);
    return NULL;
}

/* The change is committed; every loop is told, and runs that in its turn.
 * What else follows is left to the story (stage_settle). */
static inline void admin_tell(struct admin_change *change)
{
    struct stage *stage = change->stage;
    pthread_t thread;
    unsigned i;

    assert_int_equal(pthread_create(&thread, NULL, admin_thread, change), 0);
    for (i = 0; i < stage->loop_count; i++) {
        while (sem_wait(&stage->told) != 0) {
        }
    }
    for (i = 0; i < stage->loop_count; i++) {
        loop_run_posted(stage->loops[i]);
    }
    pthread_join(thread, NULL);
}

static inline enum fail admin_api_mode_set(struct stage_job *job, struct store_tx *tx)
{
    return store_business_set_api_mode(tx, job->stage->business, job->on);
}

static inline void admin_api_mode_tell(struct admin_change *change)
{
    broker_api_mode_changed(change->stage->broker, change->stage->business, change->on);
}

static inline void admin_api_mode(struct stage *stage, bool on)
{
    stage_note(stage, "API mode %s", on ? "on" : "off");
    stage_job_do(&(struct stage_job){.stage = stage, .verb = admin_api_mode_set, .on = on});
    admin_tell(&(struct admin_change){.stage = stage, .tell = admin_api_mode_tell, .on = on});
}

static inline enum fail admin_business_delete(struct stage_job *job, struct store_tx *tx)
{
    return store_business_remove(tx, job->stage->business);
}

static inline void admin_business_tell(struct admin_change *change)
{
    broker_business_removed(change->stage->broker, change->stage->business);
}

static inline void admin_removes_business(struct stage *stage)
{
    stage_note(stage, "Shop is removed");
    stage_job_do(&(struct stage_job){.stage = stage, .verb = admin_business_delete});
    admin_tell(&(struct admin_change){.stage = stage, .tell = admin_business_tell});
}

static inline enum fail admin_user_delete(struct stage_job *job, struct store_tx *tx)
{
    return store_user_remove(tx, job->stage->business, job->stage->user);
}

static inline void admin_user_tell(struct admin_change *change)
{
    broker_user_removed(change->stage->broker, change->stage->business, change->stage->user);
}

static inline void admin_removes_user(struct stage *stage)
{
    stage_note(stage, "Ada is removed");
    stage_job_do(&(struct stage_job){.stage = stage, .verb = admin_user_delete});
    admin_tell(&(struct admin_change){.stage = stage, .tell = admin_user_tell});
}

static inline enum fail admin_device_delete(struct stage_job *job, struct store_tx *tx)
{
    enum fail fail = store_device_by_code(tx, job->stage->business, job->code, &job->device);

    return fail != FAIL_NONE ? fail : store_device_remove(tx, job->stage->business, job->device.id);
}

static inline void admin_device_tell(struct admin_change *change)
{
    broker_device_removed(change->stage->broker, change->stage->business, change->device);
}

static inline void admin_removes_device(struct stage *stage, const char *code)
{
    struct stage_job job = {.stage = stage, .verb = admin_device_delete, .code = code};

    stage_note(stage, "%s is removed", code);
    stage_job_do(&job);
    admin_tell(
        &(struct admin_change){.stage = stage, .tell = admin_device_tell, .device = job.device.id});
}

#endif

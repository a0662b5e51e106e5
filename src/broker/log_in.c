/* The steps of a log-in: find the user (reader), check the password (password
 * pool), register the terminal (writer), answer (loop). A PIN needs no slow
 * step and goes straight to the writer. */
#include "broker/log_in.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/pool.h"
#include "broker/broker.h"

enum { PIN_INPUT_SIZE = 64 };

struct log_in *log_in_new(void)
{
    return calloc(1, sizeof(struct log_in));
}

void log_in_free(struct log_in **log_in)
{
    if (*log_in == NULL) {
        return;
    }
    secret_wipe(*log_in, sizeof(**log_in));
    free(*log_in);
    *log_in = NULL;
}

struct secret_hash log_in_pin_hash(const uint8_t key[SECRET_KEY_SIZE], int64_t business,
                                   const char *pin)
{
    char input[PIN_INPUT_SIZE];
    struct secret_hash hash;

    (void)text_format(input, sizeof(input), "%" PRId64 ":%s", business, pin);
    hash = secret_keyed_hash(key, slice_of(input));
    secret_wipe(input, sizeof(input));
    return hash;
}

static void finish(struct log_in *log_in, enum log_in_outcome outcome)
{
    secret_wipe(log_in->password, sizeof(log_in->password));
    secret_wipe(log_in->pin, sizeof(log_in->pin));
    log_in->done(log_in, outcome);
}

/* --- Registering, on the writer ---------------------------------------- */

/* FAIL_DENIED when another terminal, connected now, has this serial number. */
static enum fail serial_check(struct log_in *log_in, struct store_tx *tx)
{
    struct device device;
    enum fail fail = store_device_by_serial(tx, log_in->business.id, log_in->serial, &device);

    if (fail == FAIL_NOT_FOUND) {
        return FAIL_NONE;
    }
    if (fail == FAIL_NONE && device.id != log_in->proven_device &&
        presence_has_device(&log_in->broker->presence, device.id)) {
        log_in->outcome = LOG_IN_SERIAL_IN_USE;
        return FAIL_DENIED;
    }
    return fail;
}

static enum fail register_device(struct log_in *log_in, struct store_tx *tx)
{
    bool proven = log_in->proven_device != 0 && log_in->proven_business == log_in->business.id;
    struct store_registration registration = {.business = log_in->business.id,
                                              .serial = log_in->serial,
                                              .user = log_in->user.id,
                                              .with_code = log_in->business.api_mode,
                                              .proven = proven,
                                              .now_ms = clock_wall_ms()};
    struct secret_hash hash;
    enum fail fail;

    if (!proven || !log_in->keep_credential) {
        secret_make(log_in->credential);
        hash = secret_hash_of(slice_of(log_in->credential));
        registration.credential = &hash;
    }
    fail = store_device_register(tx, &registration, &log_in->device);
    if (fail == FAIL_LIMIT) {
        log_in->outcome = LOG_IN_NO_CODES_LEFT;
    }
    return fail;
}

static enum fail find_by_pin(struct log_in *log_in, struct store_tx *tx)
{
    struct secret_hash pin =
        log_in_pin_hash(log_in->broker->pin_key, log_in->proven_business, log_in->pin);
    enum fail fail = store_user_by_pin(tx, log_in->proven_business, &pin, &log_in->user);

    if (fail == FAIL_NOT_FOUND) {
        log_in->outcome = LOG_IN_WRONG;
    }
    return fail;
}

static enum fail register_run(struct store_job *job, struct store_tx *tx)
{
    struct log_in *log_in = LIST_ITEM(job, struct log_in, job);
    enum fail fail = FAIL_NONE;

    log_in->outcome = LOG_IN_TROUBLE;
    if (log_in->pin[0] != '\0') {
        fail = find_by_pin(log_in, tx);
    }
    if (fail == FAIL_NONE) {
        fail = store_business_find(tx, log_in->user.business, &log_in->business);
    }
    if (fail == FAIL_NONE) {
        fail = serial_check(log_in, tx);
    }
    if (fail == FAIL_NONE) {
        fail = register_device(log_in, tx);
    }
    return fail;
}

static void register_done(struct store_job *job, enum fail fail)
{
    struct log_in *log_in = LIST_ITEM(job, struct log_in, job);

    finish(log_in, fail == FAIL_NONE ? LOG_IN_DONE : log_in->outcome);
}

static void register_start(struct log_in *log_in)
{
    log_in->job.run = register_run;
    log_in->job.done = register_done;
    log_in->outcome = LOG_IN_TROUBLE;
    broker_write(log_in->broker, &log_in->job, log_in->loop);
}

/* --- The password ------------------------------------------------------- */

static void password_done(struct task *task)
{
    struct log_in *log_in = TASK_OWNER(task, struct log_in, task);

    if (!log_in->password_right) {
        finish(log_in, LOG_IN_WRONG);
        return;
    }
    register_start(log_in);
}

/* On a worker of the password pool. */
static void password_check(struct task *task)
{
    struct log_in *log_in = TASK_OWNER(task, struct log_in, task);

    log_in->password_right = password_matches(log_in->user_known ? log_in->password_hash : NULL,
                                              slice_of(log_in->password));
    log_in->task.run = password_done;
    executor_post(log_in->broker->loops[log_in->loop], &log_in->task);
}

static enum fail user_run(struct store_job *job, struct store_tx *tx)
{
    struct log_in *log_in = LIST_ITEM(job, struct log_in, job);

    return store_user_by_email(tx, log_in->email, &log_in->user, log_in->password_hash);
}

static void user_done(struct store_job *job, enum fail fail)
{
    struct log_in *log_in = LIST_ITEM(job, struct log_in, job);

    if ((fail != FAIL_NONE && fail != FAIL_NOT_FOUND) || broker_is_stopping(log_in->broker)) {
        finish(log_in, LOG_IN_TROUBLE);
        return;
    }
    /* An unknown user costs the same work as a wrong password. */
    log_in->user_known = fail == FAIL_NONE;
    log_in->task.run = password_check;
    if (pool_submit(log_in->broker->passwords, &log_in->task) != FAIL_NONE) {
        finish(log_in, LOG_IN_BUSY);
    }
}

void log_in_start(struct broker *broker, struct log_in *log_in)
{
    log_in->broker = broker;
    log_in->changes = broker_changes(broker);
    if (log_in->pin[0] != '\0') {
        assert(log_in->proven_device != 0);
        register_start(log_in);
        return;
    }
    log_in->job.run = user_run;
    log_in->job.done = user_done;
    broker_read(broker, &log_in->job, log_in->loop);
}

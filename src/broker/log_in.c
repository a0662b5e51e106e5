/* The steps of a log-in: count the try (lockout), find the user (reader), check
 * the password (password pool), register the terminal (writer), answer (loop).
 * A PIN needs no slow step and goes straight to the writer, which also counts
 * it: in the terminal's row, for good. */
#include "broker/log_in.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/pool.h"
#include "broker/broker.h"
#include "store/payment.h"

enum { PIN_INPUT_SIZE = 64 };

struct counter log_in_counters[LOG_IN_OUTCOMES];
struct counter log_in_pin_locks;

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

/* The password was checked, or will not be. */
static void check_over(struct log_in *log_in, enum lockout_result result)
{
    lockout_leave(&log_in->broker->lockouts, &log_in->lockout, result);
    if (log_in->counted) {
        log_in->counted = false;
        atomic_fetch_sub(&log_in->broker->strangers_checked, 1);
    }
}

static void finish(struct log_in *log_in, enum log_in_outcome outcome)
{
    check_over(log_in, LOCKOUT_UNTRIED);
    counter_add(&log_in_counters[outcome], 1);
    secret_wipe(log_in->password, sizeof(log_in->password));
    secret_wipe(log_in->pin, sizeof(log_in->pin));
    log_in->done(log_in, outcome);
}

/* Never the e-mail: it is a person's, or nobody's. */
static void say_locked(const struct log_in *log_in, const char *what)
{
    char address[ADDRESS_TEXT_SIZE];

    address_text(&log_in->address, address);
    log_event(LOG_WARNING, "log_in.locked", log_text("by", what), log_text("address", address),
              log_number("business", log_in->proven_business), log_text("serial", log_in->serial),
              log_number("wait_ms", log_in->wait_ms));
}

/* --- Registering, on the writer ---------------------------------------- */

/* FAIL_NONE, and whether this device is in use: connected now, or with a payment
 * that is not over, which only the terminal that began it may end. */
static enum fail device_in_use(struct log_in *log_in, struct store_tx *tx, int64_t device,
                               bool *in_use)
{
    struct payment_row row;
    enum fail fail;

    log_in->open_payment = 0;
    *in_use = presence_has_device(&log_in->broker->presence, device);
    if (*in_use) {
        return FAIL_NONE;
    }
    fail = store_payment_open(tx, log_in->business.id, device, &row);
    if (fail == FAIL_NONE) {
        *in_use = true;
        log_in->open_payment = row.id;
    }
    return fail == FAIL_NOT_FOUND ? FAIL_NONE : fail;
}

/* FAIL_DENIED when another terminal, which is in use, has this serial number. */
static enum fail serial_check(struct log_in *log_in, struct store_tx *tx)
{
    struct device device;
    bool in_use = false;
    enum fail fail = store_device_by_serial(tx, log_in->business.id, log_in->serial, &device);

    if (fail == FAIL_NOT_FOUND) {
        return FAIL_NONE;
    }
    if (fail == FAIL_NONE && device.id != log_in->proven_device) {
        fail = device_in_use(log_in, tx, device.id, &in_use);
    }
    if (in_use) {
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

/* The terminal's own row, and whether PINs are still taken on it. */
static enum fail pin_check(struct log_in *log_in, struct store_tx *tx)
{
    enum fail fail =
        store_device_by_serial(tx, log_in->proven_business, log_in->serial, &log_in->device);

    if (fail == FAIL_NONE && log_in->device.id != log_in->proven_device) {
        fail = FAIL_NOT_FOUND;
    }
    if (fail == FAIL_NONE && log_in->device.wrong_pins >= LOCKOUT_WRONG_PINS_MAX) {
        log_in->outcome = LOG_IN_PIN_LOCKED;
    }
    return fail;
}

static enum fail pin_lock_audit(const struct log_in *log_in, struct store_tx *tx)
{
    char subject[AUDIT_WORDS_SIZE];

    (void)text_format(subject, sizeof(subject), "terminal %s", log_in->serial);
    return store_audit_add(tx, &(struct store_audit){.at_ms = clock_wall_ms(),
                                                     .business = log_in->proven_business,
                                                     .actor = "tillwire",
                                                     .action = "terminal.pin_lock",
                                                     .subject = subject,
                                                     .detail = ""});
}

/* Counted in the same job, so that no answer can be learned without it. */
static enum fail pin_wrong(struct log_in *log_in, struct store_tx *tx)
{
    unsigned wrong = 0;
    enum fail fail =
        store_device_wrong_pin(tx, log_in->proven_business, log_in->proven_device, &wrong);

    if (fail == FAIL_NONE && wrong == LOCKOUT_WRONG_PINS_MAX) {
        fail = pin_lock_audit(log_in, tx);
    }
    log_in->outcome = wrong >= LOCKOUT_WRONG_PINS_MAX ? LOG_IN_PIN_LOCKED : LOG_IN_WRONG;
    log_in->pin_locks = log_in->outcome == LOG_IN_PIN_LOCKED;
    return fail;
}

/* The outcome stays LOG_IN_DONE when the PIN is somebody's. */
static enum fail find_by_pin(struct log_in *log_in, struct store_tx *tx)
{
    struct secret_hash pin;
    enum fail fail = pin_check(log_in, tx);

    if (fail == FAIL_NOT_FOUND) {
        log_in->outcome = LOG_IN_WRONG; /* the terminal was removed meanwhile */
        return FAIL_NONE;
    }
    if (fail != FAIL_NONE || log_in->outcome == LOG_IN_PIN_LOCKED) {
        return fail;
    }
    pin = log_in_pin_hash(log_in->broker->pin_key, log_in->proven_business, log_in->pin);
    fail = store_user_by_pin(tx, log_in->proven_business, &pin, &log_in->user);
    if (fail == FAIL_NOT_FOUND) {
        return pin_wrong(log_in, tx);
    }
    return fail;
}

/* FAIL_NONE with LOG_IN_DONE, or with an outcome that is stored like one. */
static enum fail register_run(struct store_job *job, struct store_tx *tx)
{
    struct log_in *log_in = LIST_ITEM(job, struct log_in, job);
    enum fail fail = FAIL_NONE;

    log_in->outcome = LOG_IN_DONE;
    log_in->pin_locks = false;
    if (log_in->pin[0] != '\0') {
        fail = find_by_pin(log_in, tx);
    }
    if (fail != FAIL_NONE || log_in->outcome != LOG_IN_DONE) {
        return fail;
    }
    fail = store_business_find(tx, log_in->user.business, &log_in->business);
    if (fail == FAIL_NONE) {
        fail = serial_check(log_in, tx);
    }
    if (fail == FAIL_NONE) {
        fail = register_device(log_in, tx);
    }
    return fail;
}
/* Outcomes that are stored are nothing without their commit; the others stand
 * with the failure that they are. */
static enum log_in_outcome outcome_of(const struct log_in *log_in, enum fail fail)
{
    bool stands =
        log_in->outcome == LOG_IN_SERIAL_IN_USE || log_in->outcome == LOG_IN_NO_CODES_LEFT;

    return fail == FAIL_NONE || stands ? log_in->outcome : LOG_IN_TROUBLE;
}

static void register_done(struct store_job *job, enum fail fail)
{
    struct log_in *log_in = LIST_ITEM(job, struct log_in, job);
    enum log_in_outcome outcome = outcome_of(log_in, fail);

    if (outcome == LOG_IN_PIN_LOCKED && log_in->pin_locks) {
        counter_add(&log_in_pin_locks, 1);
        say_locked(log_in, "pin");
    }
    finish(log_in, outcome);
}

static void register_start(struct log_in *log_in)
{
    log_in->job.run = register_run;
    log_in->job.done = register_done;
    log_in->outcome = LOG_IN_TROUBLE; /* unless it is run */
    broker_write(log_in->broker, &log_in->job, log_in->loop);
}

/* --- The password ------------------------------------------------------- */

static void password_done(struct task *task)
{
    struct log_in *log_in = TASK_OWNER(task, struct log_in, task);

    if (log_in->password_right) {
        check_over(log_in, LOCKOUT_RIGHT);
        register_start(log_in);
    } else {
        check_over(log_in, LOCKOUT_WRONG);
        finish(log_in, LOG_IN_WRONG);
    }
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

/* Takes one of the places that strangers have in the pool; false: all are taken. */
static bool stranger_counted(struct log_in *log_in)
{
    atomic_uint *checked = &log_in->broker->strangers_checked;

    if (log_in->proven_device != 0) {
        return true;
    }
    if (atomic_fetch_add(checked, 1) >= LOG_IN_STRANGERS_MAX) {
        atomic_fetch_sub(checked, 1);
        return false;
    }
    log_in->counted = true;
    return true;
}

static void password_admit(struct log_in *log_in);

/* One that was under way before it is over. */
static void on_turn(struct task *task)
{
    struct log_in *log_in = TASK_OWNER(task, struct log_in, lockout.turn);

    if (broker_is_stopping(log_in->broker)) {
        finish(log_in, LOG_IN_TROUBLE);
    } else {
        password_admit(log_in);
    }
}

/* The password is looked at as soon as nothing stands against it. */
static void password_admit(struct log_in *log_in)
{
    struct lockout_asker asker = {.email = log_in->email,
                                  .proven_business = log_in->proven_business,
                                  .proven_device = log_in->proven_device,
                                  .address = log_in->address};
    struct lockout_verdict verdict =
        lockout_enter(&log_in->broker->lockouts, &asker, &log_in->lockout);

    switch (verdict.answer) {
    case LOCKOUT_ADMITTED:
        log_in->job.run = user_run;
        log_in->job.done = user_done;
        broker_read(log_in->broker, &log_in->job, log_in->loop);
        return;
    case LOCKOUT_WAITING:
        return; /* on_turn follows, on this loop */
    case LOCKOUT_LOCKED:
        log_in->wait_ms = verdict.wait_ms;
        if (verdict.is_first) {
            say_locked(log_in, "password");
        }
        finish(log_in, LOG_IN_LOCKED);
        return;
    case LOCKOUT_NO_ROOM:
        finish(log_in, LOG_IN_BUSY);
        return;
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
    if (!stranger_counted(log_in)) {
        finish(log_in, LOG_IN_BUSY);
        return;
    }
    log_in->lockout.home = broker->loops[log_in->loop];
    log_in->lockout.turn.run = on_turn;
    password_admit(log_in);
}

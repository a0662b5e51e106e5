/* For the tests of log-ins: an attempt, from its words to its outcome. */
#ifndef TESTS_BROKER_ATTEMPT_H
#define TESTS_BROKER_ATTEMPT_H

#include "broker/log_in.h"
#include "unit/broker/scene.h"

static const struct port NO_PORT;

struct attempt {
    struct log_in *log_in;
    unsigned answers;
    enum log_in_outcome outcome;
};

static inline void on_done(struct log_in *log_in, enum log_in_outcome outcome)
{
    struct attempt *attempt = log_in->context;

    attempt->answers++;
    attempt->outcome = outcome;
}

static inline struct attempt attempt_make(const char *serial)
{
    struct attempt attempt = {.log_in = log_in_new()};

    assert_non_null(attempt.log_in);
    attempt.log_in->done = on_done;
    (void)text_format(attempt.log_in->serial, ACCOUNT_SERIAL_SIZE, "%s", serial);
    return attempt;
}

static inline struct attempt by_password(const char *serial, const char *email,
                                         const char *password)
{
    struct attempt attempt = attempt_make(serial);

    (void)text_format(attempt.log_in->email, ACCOUNT_EMAIL_SIZE, "%s", email);
    (void)text_format(attempt.log_in->password, sizeof(attempt.log_in->password), "%s", password);
    return attempt;
}

/* On a terminal that has shown the credential of `device`. */
static inline void prove(struct attempt *attempt, const struct device *device)
{
    attempt->log_in->proven_device = device->id;
    attempt->log_in->proven_business = device->business;
}

static inline struct attempt by_pin(const char *serial, const char *pin,
                                    const struct device *device)
{
    struct attempt attempt = attempt_make(serial);

    (void)text_format(attempt.log_in->pin, ACCOUNT_PIN_SIZE, "%s", pin);
    prove(&attempt, device);
    return attempt;
}

static inline void start(struct scene *scene, struct attempt *attempt)
{
    attempt->log_in->context = attempt;
    log_in_start(scene->broker, attempt->log_in);
}

/* To its end; a password's check comes back over the loop. */
static inline enum log_in_outcome outcome_of(struct scene *scene, struct attempt *attempt)
{
    bool has_password = attempt->log_in->password[0] != '\0';

    start(scene, attempt);
    if (has_password) {
        scene_run(scene, 0, 1);
    }
    assert_int_equal(attempt->answers, 1);
    return attempt->outcome;
}

/* A terminal on which somebody has logged in; what it was given. */
struct registered {
    struct device device;
    char credential[SECRET_TEXT_SIZE];
};

static inline struct registered registered_as(struct scene *scene, const char *serial)
{
    struct attempt attempt = by_password(serial, SCENE_EMAIL, SCENE_PASSWORD);
    struct registered registered;

    assert_int_equal(outcome_of(scene, &attempt), LOG_IN_DONE);
    registered.device = attempt.log_in->device;
    memcpy(registered.credential, attempt.log_in->credential, SECRET_TEXT_SIZE);
    log_in_free(&attempt.log_in);
    return registered;
}

#endif

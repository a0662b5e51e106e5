/* A client of any Smart Terminal API: ours, or one that speaks the same
 * contract (contract.md, Devices). */
#ifndef POS_CLIENT_H
#define POS_CLIENT_H

#include "base/fail.h"
#include "base/text.h"

enum {
    POS_API_SIZE = 1024,  /* bytes of a base URL and its closing zero */
    POS_TOKEN_MAX = 1024, /* bytes of an api-token */
    POS_MESSAGE_MAX = 80, /* characters of a ping's message */
    POS_PROBLEM_SIZE = 512,
};

struct pos_client {
    char base[POS_API_SIZE]; /* as given, without a closing slash */
    const char *token;       /* borrowed */
    const char *ca_file;     /* PEM, borrowed; NULL: whom the system trusts */
};

/* NULL for a base URL or an api-token that can be used, else a static sentence. */
const char *pos_api_problem(const char *api);
const char *pos_token_problem(const char *token);

/* `api` and `token` are acceptable to the two above (assert). The address is
 * used as given: "http://127.0.0.1:8080/v2", with or without a closing slash;
 * nothing is added to its path but the call's own. */
void pos_client_init(struct pos_client *client, const char *api, const char *token,
                     const char *ca_file);

/* What a ping came to. */
enum pos_outcome {
    POS_SHOWN,         /* 202: it is on the device's screen */
    POS_NOT_FOUND,     /* no device of this business has the code */
    POS_NOT_LISTENING, /* registered, but off, asleep, logged out or disconnected */
    POS_BUSY,          /* a payment is going on */
    POS_UNAUTHORIZED,  /* the token is missing, unknown, or may not do this */
    POS_REFUSED,       /* what was asked for is wrong, and the API says what */
    POS_UNREACHABLE,   /* no answer: says nothing about the device */
    POS_UNEXPECTED,    /* an answer that is none of these */
};

/* NULL for a message that can be shown, else a static sentence. */
const char *pos_message_problem(struct slice message);

/* Asks the device to show a ping; blocks for at most ten seconds. `message`
 * is NULL or acceptable to pos_message_problem. Unless it is POS_SHOWN,
 * `problem` says why: the API's own text, or a sentence of ours; without
 * control characters and without a full stop. */
enum pos_outcome pos_client_ping(const struct pos_client *client, const char *code,
                                 const char *message, char problem[POS_PROBLEM_SIZE]);

/* The outcome of an answer to a ping. `problem` as above. */
enum pos_outcome pos_outcome_of(int status, struct slice body, char problem[POS_PROBLEM_SIZE]);

/* The same of an answer that cannot be what was hoped for, to any call: never POS_SHOWN. */
enum pos_outcome pos_refusal_of(int status, struct slice body, char problem[POS_PROBLEM_SIZE]);

/* "shown", "not_found", ...: for scripts. */
const char *pos_outcome_name(enum pos_outcome outcome);

#endif

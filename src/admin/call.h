/* What the verbs share: options, the store, sentences. */
#ifndef ADMIN_CALL_H
#define ADMIN_CALL_H

#include "admin/admin.h"
#include "base/fail.h"
#include "store/store.h"

struct admin_call {
    const struct admin *admin;
    const struct admin_request *request;
    const struct admin_sink *sink;
    char *problem;    /* ADMIN_PROBLEM_SIZE bytes */
    int64_t business; /* after admin_business */
    int64_t id;       /* after admin_id, or of what was added */
    /* For the audit: what is changed, where a number does not tell it ("device
     * JSV5"), and what its options do not tell. */
    char subject[AUDIT_WORDS_SIZE];
    char note[AUDIT_WORDS_SIZE * 2];
};

/* A verb: true when done. */
typedef bool admin_verb(struct admin_call *call);

/* A noun and its verbs; in the file of its name. */
enum { ADMIN_VERBS_MAX = 12 };
struct admin_noun {
    const char *name;
    struct {
        const char *name; /* NULL: no more */
        admin_verb *run;
    } verbs[ADMIN_VERBS_MAX];
};
extern const struct admin_noun business_noun;
extern const struct admin_noun user_noun;
extern const struct admin_noun token_noun;
extern const struct admin_noun device_noun;
extern const struct admin_noun payment_noun;
extern const struct admin_noun webhook_noun;
/* Verbs of `webhook` that have a file of their own. */
bool webhook_deliveries(struct admin_call *call);
bool webhook_delivery(struct admin_call *call);
extern const struct admin_noun audit_noun;
extern const struct admin_noun data_noun;

/* Writes the sentence and returns false. */
__attribute__((format(printf, 2, 3))) bool admin_refuse(struct admin_call *call, const char *format,
                                                        ...);
/* The same for a failure of the store. */
bool admin_refuse_fail(struct admin_call *call, enum fail fail);

/* The option's value; NULL bytes when it was not given. */
struct slice admin_option(const struct admin_call *call, const char *name);
bool admin_given(const struct admin_call *call, const char *name);
/* Copies an option that must be there and pass `check` (NULL: any). */
bool admin_text(struct admin_call *call, const char *name, const char *(*check)(struct slice text),
                char *out, size_t size);

/* --limit, a number from 1 to `most`; `usual` when it was not given. */
bool admin_limit(struct admin_call *call, int64_t usual, int64_t most, int64_t *limit);
/* --grace, in hours, as the moment until which the old secret ("token") is good
 * beside the new one; 0: it ends at once. What was not given goes to the audit. */
bool admin_grace(struct admin_call *call, const char *what, int64_t *until_ms);

/* Sets call->business from --business, or to the only one there is. */
bool admin_business(struct admin_call *call);
/* Sets call->id from the argument. */
bool admin_id(struct admin_call *call);

/* Runs `run` as one job of the store and waits. A write is a change by the
 * administrator: the audit of it is written in the same job, by the words of
 * the request (never a password or a PIN). */
typedef enum fail admin_job(struct admin_call *call, void *argument, struct store_tx *tx);
MUST_CHECK enum fail admin_write(struct admin_call *call, admin_job *run, void *argument);
MUST_CHECK enum fail admin_read(struct admin_call *call, admin_job *run, void *argument);

/* Writes what a running server has noted of the use of tokens and terminals,
 * so that what is shown is of now. */
void admin_refresh(struct admin_call *call);
/* A whole verb `list`: `run` calls a row function for each. */
bool admin_list(struct admin_call *call, admin_job *run);

/* Shorthands for the sink. */
void admin_open_list(struct admin_call *call);
/* Inside a row. */
void admin_open_list_of(struct admin_call *call, const char *name);
void admin_close_list(struct admin_call *call);
void admin_open_row(struct admin_call *call);
void admin_close_row(struct admin_call *call);
void admin_show_text(struct admin_call *call, const char *name, const char *text);
/* None where it is "". */
void admin_show_words(struct admin_call *call, const char *name, const char *words);
void admin_show_number(struct admin_call *call, const char *name, int64_t number);
/* None where it is 0. */
void admin_show_number_or_none(struct admin_call *call, const char *name, int64_t number);
void admin_show_flag(struct admin_call *call, const char *name, bool flag);
/* "2026-01-22T18:00:36.000Z"; none for 0. */
void admin_show_time(struct admin_call *call, const char *name, int64_t wall_ms);
/* A row with one number: what was added or changed. */
void admin_show_id(struct admin_call *call, const char *name, int64_t id);

#endif

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
};

/* A verb: true when done. */
typedef bool admin_verb(struct admin_call *call);

/* The verbs of one noun; each noun has all five. */
struct admin_verbs {
    admin_verb *add;
    admin_verb *list;
    admin_verb *show;
    admin_verb *set;
    admin_verb *remove;
};
extern const struct admin_verbs business_verbs;
extern const struct admin_verbs user_verbs;
extern const struct admin_verbs token_verbs;
extern const struct admin_verbs device_verbs;

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

/* Sets call->business from --business, or to the only one there is. */
bool admin_business(struct admin_call *call);
/* Sets call->id from the argument. */
bool admin_id(struct admin_call *call);

/* Runs `run` as one job of the store and waits. */
typedef enum fail admin_job(struct admin_call *call, void *argument, struct store_tx *tx);
MUST_CHECK enum fail admin_write(struct admin_call *call, admin_job *run, void *argument);
MUST_CHECK enum fail admin_read(struct admin_call *call, admin_job *run, void *argument);

/* A whole verb `list`: `run` calls a row function for each. */
bool admin_list(struct admin_call *call, admin_job *run);

/* Shorthands for the sink. */
void admin_open_list(struct admin_call *call);
void admin_close_list(struct admin_call *call);
void admin_open_row(struct admin_call *call);
void admin_close_row(struct admin_call *call);
void admin_show_text(struct admin_call *call, const char *name, const char *text);
void admin_show_number(struct admin_call *call, const char *name, int64_t number);
void admin_show_flag(struct admin_call *call, const char *name, bool flag);
/* "2026-01-22T18:00:36.000Z". */
void admin_show_time(struct admin_call *call, const char *name, int64_t wall_ms);
/* A row with one number: what was added or changed. */
void admin_show_id(struct admin_call *call, const char *name, int64_t id);

#endif

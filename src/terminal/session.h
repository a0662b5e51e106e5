/* One Smart Terminal at work: its life, its memory, its connection and its
 * timers, on a loop. What it has to say it says through its owner. */
#ifndef TERMINAL_SESSION_H
#define TERMINAL_SESSION_H

#include <stdbool.h>

#include "base/fail.h"
#include "base/pool.h"
#include "base/text.h"
#include "net/loop.h"
#include "terminal/life.h"
#include "terminal/memory.h"
#include "wire/url.h"

struct session;
struct tls_client; /* net/tls.h */

enum { SESSION_SILENCE_SPARE_SECONDS = 15 }; /* docs/terminal-protocol.md, The connection */

/* What a person would type. Borrowed, and never copied but into the message. */
struct session_log_in {
    struct slice email;
    struct slice password;
    struct slice pin; /* empty when e-mail and password are given */
};

/* What several terminals share. All borrowed, until session_destroy. */
struct session_shared {
    struct loop *loop;
    struct pool *disk; /* a queue of two tasks for each session */
    const struct url *server;
    struct tls_client *tls;              /* NULL when the server's url is not secure */
    const struct session_log_in *log_in; /* read until on_log_in_done */
    /* A connection on which nothing is heard for the server's heartbeat and
     * this is cut: SESSION_SILENCE_SPARE_SECONDS but in tests. */
    unsigned silence_spare_seconds;
    /* Shows a LIFE_SAY effect, or a LIFE_DO_SALE that is a SALE_SAY (line.h); false
     * when it could not be shown. */
    bool (*on_say)(void *context, const struct session *session, const struct life_effect *effect);
    /* This session needs the log-in data no more; once at most. */
    void (*on_log_in_done)(void *context, const struct session *session);
    /* Its end, once, from the loop: destroy it now or later. */
    void (*on_end)(void *context, struct session *session, int exit_code);
    void *context;
};

struct session_options {
    unsigned number; /* among several, from 1; 0: it is alone */
    const struct memory *memory;
    const struct settings *settings; /* as they are on disk */
    const struct sale_record *sale;  /* likewise; NULL: no payment, and person_default */
    const struct person *person;     /* with `sale` */
    enum life_log_in log_in;
    bool continue_;
};

MUST_CHECK enum fail session_create(struct session **out, const struct session_shared *shared,
                                    const struct session_options *options);
/* After on_end, or before session_start. Accepts NULL; sets the pointer NULL. */
void session_destroy(struct session **session);

void session_start(struct session *session);
/* Power off: says bye, closes; on_end follows within a few seconds. May be
 * called again. */
void session_stop(struct session *session);

/* Somebody in front of the terminal does something; false when it makes no sense
 * now. */
bool session_act(struct session *session, struct person_command command);

unsigned session_number(const struct session *session);
const struct settings *session_settings(const struct session *session);

#endif

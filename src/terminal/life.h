/* The life of a Smart Terminal, as a pure machine: no socket, disk, clock or
 * chance. It is told what happened and answers with what is to be done;
 * session.h does it.
 *
 * The effects of one step are done in their order. LIFE_CONNECT, LIFE_CLOSE and
 * LIFE_GIVE_UP stand last, so that whatever they cause at once meets a finished
 * step. Texts in effects are borrowed from the event and from the life, until
 * the next step. */
#ifndef TERMINAL_LIFE_H
#define TERMINAL_LIFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/text.h"
#include "terminal/sale.h"
#include "terminal/settings.h"
#include "wire/terminal_message.h"

enum {
    LIFE_BACKOFF_FIRST_MS = 250,
    LIFE_BACKOFF_MAX_MS = 15000,
    LIFE_HEARTBEAT_SECONDS = 20, /* until a welcome says otherwise */
    LIFE_HEARTBEAT_MAX_SECONDS = 3600,
    LIFE_DELIVERY_MS = 15000, /* for the answer to a result, before a log-in */
    LIFE_EFFECTS_MAX = 16,
    LIFE_REASON_SIZE = 128,
    LIFE_CLOSE_REPLACED = 4001, /* docs/terminal-protocol.md, Close codes */
    LIFE_CLOSE_REMOVED = 4002,
};

enum life_state {
    LIFE_OFF,             /* not started */
    LIFE_WAITING,         /* no connection; a LIFE_TIME will come */
    LIFE_CONNECTING,      /* a connection was asked for and is not open */
    LIFE_GREETING,        /* hello was sent, and nothing has answered it */
    LIFE_DELIVERING,      /* a log-in is wanted, but a result of this terminal goes first */
    LIFE_LOGGING_IN,      /* log_in was sent, and nothing has answered it */
    LIFE_LOG_IN_PAUSE,    /* the server was too busy for the log-in; a LIFE_TIME will come */
    LIFE_STORING,         /* welcomed; what is new is on its way to the disk */
    LIFE_STORING_OFFLINE, /* no connection, the wait is over, but the disk is still at work */
    LIFE_REGISTERED,      /* welcomed and durable; Continue was not pressed, or there is no code */
    LIFE_READYING,        /* the same with Continue; ready was sent */
    LIFE_READY,           /* ready was confirmed: payments may come */
    LIFE_LOGGING_OUT,     /* welcomed without a code; log_out was sent, to log in for one */
    LIFE_HANGING_UP,      /* we close because of what the server said; then again from the start */
    LIFE_CLOSING,         /* we close for good; `exit_code` is what for */
    LIFE_ENDED,           /* given up; nothing happens any more */
    LIFE_STATES,
};

/* With what a log-in can be done; the secrets themselves are the session's. */
enum life_log_in { LIFE_LOG_IN_NONE, LIFE_LOG_IN_PASSWORD, LIFE_LOG_IN_PIN };

/* What the process ends with (script.h). */
enum life_exit {
    LIFE_EXIT_STOPPED = 0,
    LIFE_EXIT_LOG_IN = 3,
    LIFE_EXIT_DATA = 4,
    LIFE_EXIT_REPLACED = 5,
};

enum life_event_kind {
    LIFE_LOG_IN_GIVEN, /* log-in data are at hand; before LIFE_START */
    LIFE_CONTINUE,     /* Continue is wanted; before LIFE_START, or when a person presses it */
    LIFE_START,
    LIFE_OPENED,
    LIFE_MESSAGE,
    LIFE_UNREADABLE, /* a message that breaks the schema */
    LIFE_CLOSED,     /* the connection ended, or never opened */
    LIFE_TIME,       /* what LIFE_WAIT asked for is over */
    LIFE_STORED,     /* all that was asked to be stored is durable, or that failed */
    LIFE_SALE,       /* of its payment alone: SALE_STORED, SALE_DUE or SALE_TOLD */
    LIFE_STOP,       /* a signal: power off */
};

struct life_event {
    enum life_event_kind kind;
    union {
        enum life_log_in log_in;
        struct {
            const struct terminal_message *message;
            int64_t now_ms; /* monotonic */
        } heard;
        struct {
            unsigned code;
            struct slice reason;
            uint32_t retry_after_ms; /* what a refused upgrade asked for; 0: nothing */
        } closed;
        struct slice problem; /* of the unreadable message */
        enum fail stored;
        struct sale_event sale;
    };
};

enum life_effect_kind {
    LIFE_CONNECT, /* now */
    LIFE_WAIT,    /* `least_ms` and a random time up to `spread_ms`, then LIFE_TIME */
    LIFE_SEND,
    LIFE_STORE,       /* the settings durably, then LIFE_STORED */
    LIFE_DROP_LOG_IN, /* the log-in data are not needed any more: wipe them */
    LIFE_SAY,
    LIFE_DO_SALE, /* what its payment needs: `sale` */
    LIFE_CLOSE,   /* with a close frame; LIFE_CLOSED follows */
    LIFE_GIVE_UP, /* end with `exit_code`; nothing is connected */
};

enum life_saying {
    LIFE_SAY_REGISTERED, /* with the code in `text` */
    LIFE_SAY_READY,
    LIFE_SAY_PING, /* `text` empty: without a message */
    LIFE_SAY_DISCONNECTED,
    LIFE_SAY_LOG_IN_REFUSED, /* `word` the reason, `text` the server's message */
    LIFE_SAY_LOGGED_OUT,
    LIFE_SAY_API_MODE,
    LIFE_SAY_REPLACED,
    LIFE_SAY_REMOVED,
    LIFE_SAY_REVOKED,
    LIFE_SAY_PROBLEM, /* for standard error: a sentence, begun in `word`, ended in `text` */
};

struct life_effect {
    enum life_effect_kind kind;
    union {
        struct {
            uint32_t least_ms;
            uint32_t spread_ms;
        } wait;
        struct {
            enum terminal_message_type type;
            int64_t ping; /* the id, of ping_shown */
        } send;
        struct {
            enum life_saying what;
            unsigned code;        /* of LIFE_SAY_DISCONNECTED */
            bool on;              /* of LIFE_SAY_API_MODE */
            bool is_final;        /* of LIFE_SAY_LOG_IN_REFUSED: the terminal ends because of it */
            int64_t wait_seconds; /* of the same: no log-in is looked at before; 0: at once */
            struct slice word;
            struct slice text;
        } say;
        struct sale_effect sale;
        unsigned close_code; /* wire/websocket.h */
        int exit_code;
    };
};

struct life_effects {
    size_t count;
    struct life_effect list[LIFE_EFFECTS_MAX];
};

struct life {
    enum life_state state;
    struct settings settings; /* as they are to be; durable except while storing */
    bool storing;             /* a LIFE_STORE was asked for, and its LIFE_STORED has not come */
    enum life_log_in log_in;  /* what is at hand */
    bool continue_wanted;
    bool api_mode;                            /* as last heard; true at first */
    unsigned heartbeat_seconds;               /* as last heard */
    uint32_t backoff_ms;                      /* how much chance is in the next wait */
    uint32_t retry_after_ms;                  /* what the server's error asked for; 0: nothing */
    bool has_logged_in;                       /* a log-in succeeded since the start */
    int exit_code;                            /* while closing, and after the end */
    char said_code[TERMINAL_CODE_LENGTH + 1]; /* the last one said; "" for none */
    unsigned said_close; /* the last disconnection said since a welcome; 0: none */
    char said_reason[LIFE_REASON_SIZE];
    char said_refusal[LIFE_REASON_SIZE]; /* of a log-in, since a welcome */
    struct {
        bool pin_is_enough;
        bool unknown_credential;
    } wanted; /* of LIFE_DELIVERING: the log-in */
    struct sale sale;
};

/* `settings` as they are on disk: at least a serial number. */
void life_init(struct life *life, const struct settings *settings);
/* Before LIFE_START, for payments: the record as it is on disk, and who stands
 * in front of the terminal. Otherwise there is none, and person_default. */
void life_take_up(struct life *life, const struct sale_record *record, const struct person *person);
/* Wipes the credential. */
void life_finish(struct life *life);

/* The one function that makes anything happen. */
void life_step(struct life *life, const struct life_event *event, struct life_effects *effects);

#endif

/* The rows that other rooms see, as values. */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/password.h"
#include "base/secret.h"
#include "core/account.h"
#include "core/code.h"
#include "core/permission.h"
#include "core/rate.h"

/* Every moment is milliseconds since 1970 UTC; 0 where it never was. */

struct business {
    int64_t id; /* from 1 */
    char name[ACCOUNT_NAME_SIZE];
    char currency[ACCOUNT_CURRENCY_SIZE];
    bool api_mode;
    /* Behaves in everything that differs as Helcim does (contract.md, Common). */
    bool preset_helcim;
    bool rate_is_own; /* `rate` was set by an administrator; else the server's default holds */
    struct rate_limits rate;
    int64_t created_ms;
};

struct user {
    int64_t id;
    int64_t business;
    char name[ACCOUNT_NAME_SIZE];
    char email[ACCOUNT_EMAIL_SIZE]; /* folded: unique in the system */
    enum account_role role;
    bool has_pin;
    int64_t created_ms;
};

struct token {
    int64_t id;
    int64_t business;
    char name[ACCOUNT_NAME_SIZE];
    struct permissions permissions;
    int64_t created_ms;
    int64_t expires_ms;   /* 0: never */
    int64_t used_ms;      /* when it was last used, to the minute */
    int64_t old_until_ms; /* until then the secret before the last rotation is good; 0: it is not */
};

/* A Smart Terminal of a business. The row lives for ever: a removed one keeps
 * its code, so that it gets it back when it registers again. */
struct device {
    int64_t id;
    int64_t business;
    char serial[ACCOUNT_SERIAL_SIZE];
    char code[CODE_SIZE];         /* "": registered while API mode was off */
    char name[ACCOUNT_NAME_SIZE]; /* given by an administrator; "" at first */
    int64_t user;                 /* who is logged in on it; 0: nobody */
    int64_t created_ms;           /* when it got its code; before that, when it first logged in */
    int64_t credential_ms;        /* when the newest credential was given */
    int64_t seen_ms;              /* when it was last connected, to the minute */
    unsigned wrong_pins;          /* in a row, on this terminal */
    bool has_credential;          /* else somebody must log in with e-mail and password */
    bool renew;                   /* it gets another credential at its next connection */
    bool removed;
};

/* Who changed what, and when. Sizes in bytes. */
enum { AUDIT_WORDS_SIZE = 81, AUDIT_ACTION_SIZE = 41, AUDIT_DETAIL_SIZE = 1025 };
struct audit {
    int64_t id;
    int64_t at_ms;
    int64_t business; /* 0: of none */
    char actor[AUDIT_WORDS_SIZE];
    char action[AUDIT_ACTION_SIZE];
    char subject[AUDIT_WORDS_SIZE];
    char detail[AUDIT_DETAIL_SIZE];
};

#endif

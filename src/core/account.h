/* What a business and its people may be called, and with what they log in. */
#ifndef CORE_ACCOUNT_H
#define CORE_ACCOUNT_H

#include <stdbool.h>

#include "base/text.h"

enum {
    ACCOUNT_NAME_MAX = 80, /* characters of a business's, user's, token's or device's name */
    ACCOUNT_NAME_SIZE = ACCOUNT_NAME_MAX * 4 + 1,
    ACCOUNT_EMAIL_MAX = 254,
    ACCOUNT_EMAIL_SIZE = ACCOUNT_EMAIL_MAX + 1,
    ACCOUNT_PIN_MIN = 4,
    ACCOUNT_PIN_MAX = 8,
    ACCOUNT_PIN_SIZE = ACCOUNT_PIN_MAX + 1,
    ACCOUNT_PASSWORD_MIN = 8,
    ACCOUNT_PASSWORD_MAX = 256,
    ACCOUNT_SERIAL_MAX = 64,
    ACCOUNT_SERIAL_SIZE = ACCOUNT_SERIAL_MAX + 1,
    ACCOUNT_CURRENCY_SIZE = 4,
};

enum account_role { ROLE_CASHIER, ROLE_ADMINISTRATOR };

/* Each returns NULL when the text is acceptable, else a static sentence that
 * says what it must be: "a name has 1 to 80 characters and no control
 * characters". */
const char *account_name_problem(struct slice name);
const char *account_email_problem(struct slice email);
const char *account_password_problem(struct slice password);
const char *account_pin_problem(struct slice pin);
const char *account_serial_problem(struct slice serial);
const char *account_currency_problem(struct slice currency);

const char *account_role_name(enum account_role role);
bool account_role_read(struct slice word, enum account_role *out);

/* E-mail addresses are compared in lower case (ASCII letters). */
void account_email_fold(struct slice email, char out[ACCOUNT_EMAIL_SIZE]);

#endif

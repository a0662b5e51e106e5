/* A password on standard input, where no other process can see it. */
#ifndef CLI_PASSWORD_INPUT_H
#define CLI_PASSWORD_INPUT_H

#include "core/account.h"

enum { PASSWORD_INPUT_SIZE = ACCOUNT_PASSWORD_MAX + 1 };

/* The first line, without its end, and nothing after it is taken. NULL, or a
 * static sentence that says what is wrong. The caller wipes `out`. */
const char *password_input(char out[PASSWORD_INPUT_SIZE]);

#endif

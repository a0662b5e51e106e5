/* The demo business of `tillwire dev` and its secrets, which outlive restarts
 * in DIR/dev.json so that a restart changes nothing for the POS. */
#ifndef SERVER_DEMO_H
#define SERVER_DEMO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/secret.h"
#include "core/account.h"
#include "server/data.h"

struct demo {
    int64_t business;
    char token[SECRET_TEXT_SIZE];
    char email[ACCOUNT_EMAIL_SIZE];
    char password[ACCOUNT_PASSWORD_MAX + 1];
    char pin[ACCOUNT_PIN_SIZE];
};

/* The preset of the demo business: what it has, or another from now on. */
enum demo_preset { DEMO_PRESET_AS_IT_IS, DEMO_PRESET_HELCIM, DEMO_PRESET_NONE };

/* Reads dev.json, or makes new secrets; then sees to it that the database has
 * the business, the user and the token that they belong to: what is missing is
 * added again, a password that an administrator has changed is left as it is.
 * On failure `problem` is a sentence for people. */
MUST_CHECK enum fail demo_load(struct demo *demo, struct data *data, enum demo_preset preset,
                               char problem[DATA_PROBLEM_SIZE]);

/* Whether these are the data of `tillwire dev`: what only tests need is allowed
 * there, such as a webhook on this machine. */
bool demo_exists(const char *directory);

#endif

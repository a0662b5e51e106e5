/* The webhook of the demo business: set by an option of `tillwire dev`, by the
 * administrator's own verbs, and kept for later starts. */
#ifndef SERVER_DEMO_WEBHOOK_H
#define SERVER_DEMO_WEBHOOK_H

#include <stdbool.h>

#include "server/data.h"
#include "server/demo.h"
#include "store/record.h"
#include "wire/signature.h"

/* Wipe it. */
struct demo_webhook {
    char url[WEBHOOK_URL_SIZE];
    char verifier_token[SIGNATURE_TOKEN_SIZE]; /* "": it has none */
};

/* What was asked for; each NULL: as it is. */
struct demo_webhook_options {
    const char *url;
    const char *events;
};

/* Sets what was asked for and reads what there is then; on data that are open.
 * False with a sentence. */
bool demo_webhook_load(struct demo_webhook *webhook, const struct demo *demo,
                       const struct data *data, const struct demo_webhook_options *options,
                       char problem[DATA_PROBLEM_SIZE]);

#endif

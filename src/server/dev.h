/* tillwire dev: the whole system on one machine, with a demo business. */
#ifndef SERVER_DEV_H
#define SERVER_DEV_H

#include <stdbool.h>

#include "server/demo.h"
#include "server/demo_webhook.h"

struct dev_options {
    const char *listen; /* "127.0.0.1:8080" */
    const char *data;   /* NULL: $XDG_DATA_HOME/tillwire/dev */
    bool reset;
    bool expose;
    bool json;
    enum demo_preset preset;
    const char *tls_certificate_file; /* NULL: plain; else with the next */
    const char *tls_key_file;
    struct demo_webhook_options webhook;
};

/* Runs until SIGINT or SIGTERM. Returns the process's exit code: 0, 1 when it
 * could not start (said on standard error), 2 when the options contradict. */
int dev_run(const struct dev_options *options);

#endif

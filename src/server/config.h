/* From the texts of a configuration to what a server is started with.
 *
 * Wherever a text came from, it is judged here; who asked knows the origin and
 * shows it beside the sentence. Everything that is wrong is named, not only the
 * first thing. */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "net/tls.h"
#include "server/server.h"

enum {
    CONFIG_TRUSTED_MAX = 64, /* proxies */
    CONFIG_ORIGINS_MAX = 32,
    CONFIG_ORIGIN_SIZE = 280,     /* "https://" and a host with its port */
    CONFIG_RESERVED_FILES = 256,  /* beside connections: data, logs, the listeners */
    CONFIG_CERTIFICATE_DAYS = 14, /* a certificate that ends sooner is a warning */
};

/* Whoever has the texts. */
struct config_source {
    /* The option's text, NULL when it has none; "true" or not for a flag. */
    const char *(*value)(void *context, const char *option);
    /* A sentence about an option, without a full stop. A problem keeps the
     * server from starting, a warning does not. */
    void (*problem)(void *context, const char *option, const char *sentence);
    void (*warning)(void *context, const char *option, const char *sentence);
    void *context; /* borrowed */
};

/* Points into itself: it stays where it was filled. The texts stay the source's. */
struct config {
    struct server_options server; /* all but `data` */
    const char *data;             /* the directory; NULL: none that can be used */
    bool listens;                 /* server.address is good */
    bool plain;                   /* plain HTTP that others can reach is meant */
    struct address_range trusted[CONFIG_TRUSTED_MAX];
    char origin_texts[CONFIG_ORIGINS_MAX][CONFIG_ORIGIN_SIZE];
    const char *origins[CONFIG_ORIGINS_MAX];
    struct tls_certificate certificate; /* filled by config_check, where there is TLS */
    size_t files_allowed;               /* by config_check */
};

/* Reads the texts alone: the options are those of `tillwire serve`
 * (docs/configuration.md). What is wrong in them is left out of `out`, which can
 * still be checked then. */
void config_read(struct config *out, const struct config_source *source);
/* Looks at the world that they speak of: certificate and key, data directory,
 * addresses, the limit of open files (which it raises to what is allowed). It
 * writes and binds nothing. */
void config_check(struct config *config, const struct config_source *source);

/* Open files that a full server needs. */
size_t config_files_needed(const struct gate_options *gate);
/* What it means, in a few lines for people. After config_check. */
void config_describe(const struct config *config, struct buf *out);

#endif

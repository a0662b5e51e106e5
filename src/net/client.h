/* A blocking HTTP call, for the command line: libcurl with short time limits,
 * no redirects, TLS 1.2 or later with names checked. */
#ifndef NET_CLIENT_H
#define NET_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/fail.h"

struct client_header {
    const char *name;
    const char *value;
};

struct client_request {
    const char *method; /* "GET" */
    const char *url;
    const struct client_header *headers;
    size_t header_count;
    struct slice body; /* empty: none */
    long timeout_ms;   /* of the whole call */
    /* PEM: who vouches for an https server; NULL: whom the system knows. */
    const char *ca_file;
};

enum { CLIENT_LOCATION_SIZE = 1024 };

struct client_reply {
    int status;
    struct buf body; /* at most 1 MiB; finish it */
    /* The header, as it came; "" when there is none, or none that fits. */
    char location[CLIENT_LOCATION_SIZE];
    /* Also after a failure: whether the server may have got the request. False
     * is certain: nothing was asked of anybody. */
    bool may_have_arrived;
};

/* FAIL_TIMEOUT, FAIL_CLOSED (could not connect, or was cut), FAIL_LIMIT (too
 * large an answer), FAIL_INVALID (the URL or a header, or what answers does not
 * speak HTTP), FAIL_MEMORY; `problem` then holds a sentence for people, without
 * a full stop, and of `reply` only `may_have_arrived` is filled. The header `api-token` is never
 * logged. */
enum { CLIENT_PROBLEM_SIZE = 256 };
MUST_CHECK enum fail client_call(const struct client_request *request, struct client_reply *reply,
                                 char problem[CLIENT_PROBLEM_SIZE]);

#endif

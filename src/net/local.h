/* Calls between processes of one user on one machine, over a socket file in
 * the data directory: the administrator's commands reach the running server
 * this way. Blocking, one call at a time, on a thread of its own. */
#ifndef NET_LOCAL_H
#define NET_LOCAL_H

#include "base/buf.h"
#include "base/fail.h"
#include "base/text.h"

enum { LOCAL_REQUEST_MAX = 256 * 1024, LOCAL_REPLY_MAX = 16 * 1024 * 1024 };

struct local_server;

struct local_handler {
    /* On the server's thread; appends the reply. `user` is the id of the
     * operating system's user who asks. */
    void (*on_request)(void *context, unsigned user, struct slice request, struct buf *reply);
    void *context; /* borrowed */
};

/* Listens on `directory`/admin.sock (0600, the same user or root only). The
 * caller holds the directory's lock: a socket file that is there is stale. */
MUST_CHECK enum fail local_serve(struct local_server **out, const char *directory,
                                 const struct local_handler *handler);
/* Ends after the call under way. Accepts NULL; sets the pointer NULL. */
void local_stop(struct local_server **server);

/* FAIL_CLOSED: nobody listens there, or it hung up without a reply.
 * FAIL_TIMEOUT: no reply in 30 s. FAIL_LIMIT: the request is longer than
 * LOCAL_REQUEST_MAX (nothing was sent), the reply than `reply` may grow, or no
 * descriptor is free. FAIL_DENIED, FAIL_MEMORY. */
MUST_CHECK enum fail local_call(const char *directory, struct slice request, struct buf *reply);

#endif

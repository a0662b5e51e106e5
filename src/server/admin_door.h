/* The administrator's way in: the same JSON request over the running server's
 * socket file, or on the database itself when no server runs.
 *
 *   {"noun":"business","verb":"add","options":{"name":"N","currency":"CAD"}}
 *   -> {"ok":...}  or  {"error":"a sentence for people"} */
#ifndef SERVER_ADMIN_DOOR_H
#define SERVER_ADMIN_DOOR_H

#include "admin/admin.h"
#include "base/buf.h"
#include "base/fail.h"

/* Runs one request of the operating system's user and appends its reply. Of
 * `admin` all but the actor is used, which is that user. */
void admin_door_answer(const struct admin *admin, unsigned user, struct slice request,
                       struct buf *reply);

/* From a command: takes the directory's lock, or calls who holds it. FAIL_NOT_FOUND
 * when there are no data; FAIL_BUSY when the holder does not answer. */
MUST_CHECK enum fail admin_door_call(const char *directory, struct slice request,
                                     struct buf *reply);

#endif

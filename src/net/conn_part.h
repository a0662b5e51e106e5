/* What the parts of a connection have of each other. For the files conn*.c
 * alone. */
#ifndef NET_CONN_PART_H
#define NET_CONN_PART_H

#include <uv.h>

#include "net/conn.h"

enum conn_state {
    CONN_OPEN,      /* bytes go both ways */
    CONN_LINGERING, /* nothing more is delivered; what was written is on its way */
    CONN_CLOSED,    /* nothing goes either way; on_end is on its way */
};

/* There are as many of these as terminals: it holds nothing that can be found
 * elsewhere. */
struct conn {
    uv_tcp_t tcp; /* first: its handle is the connection; its `data` the owner's context */
    const struct conn_events *events; /* borrowed */
    struct lingering *lingering;      /* owned; only while CONN_LINGERING */
    struct conn_tls *tls;             /* owned; NULL: plain */
    uint8_t state;                    /* enum conn_state */
    uint8_t end;                      /* enum conn_end, once it is not open */
    bool paused;                      /* by its owner */
    bool finished;                    /* the other side sends no more */
    bool large;                       /* CONN_LARGE_MAX holds, not CONN_OUT_MAX */
};

static inline struct loop *conn_loop(const struct conn *conn)
{
    return conn->tcp.loop->data;
}

/* Out as they are; dropped when it is not open. */
void conn_send(struct conn *conn, struct slice bytes);
/* Reads (again), while there may be something to come. */
void conn_listen(struct conn *conn);
/* The other side has said that it sends no more. */
void conn_finish(struct conn *conn);
/* At once, and why; the only way to CONN_CLOSED. */
void conn_end(struct conn *conn, enum conn_end end);
/* After what was sent has gone out. */
void conn_linger(struct conn *conn, enum conn_end end);

/* --- TLS (conn_tls.c); `conn->tls` is not NULL, but for create and free ------ */

MUST_CHECK enum fail conn_tls_create(struct conn *conn, struct tls_server *server);
void conn_tls_free(struct conn *conn);

/* What arrived. */
void conn_tls_take(struct conn *conn, struct slice cipher);
/* The other side has gone without a goodbye. */
void conn_tls_cut_off(struct conn *conn);
/* What is written before the handshake is over is dropped: nobody could read it. */
void conn_tls_write(struct conn *conn, struct slice plain);
void conn_tls_pause(struct conn *conn);
void conn_tls_resume(struct conn *conn);
/* Says goodbye. */
void conn_tls_close(struct conn *conn);
/* It is closed: nothing may call back any more. */
void conn_tls_stop(struct conn *conn);

#endif

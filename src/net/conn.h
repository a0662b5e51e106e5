/* One accepted TCP connection on a loop: bytes in, bytes out, one end.
 *
 * It understands nothing of what it carries. While idle it holds no buffer:
 * what arrives is read into the loop's shared buffer, what is written goes out
 * at once where the kernel takes it, and only a rest is kept. */
#ifndef NET_CONN_H
#define NET_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/fail.h"
#include "base/text.h"
#include "net/loop.h"

struct conn;

enum conn_end {
    CONN_END_PEER,    /* the other side closed or reset it, or its TLS failed */
    CONN_END_OURS,    /* conn_close or conn_cut */
    CONN_END_SLOW,    /* it did not read what we sent: more waited than may */
    CONN_END_TROUBLE, /* the system failed it */
};

/* Bytes that may wait to be sent: as they go over the network, but for what
 * TLS adds to large records. */
enum { CONN_OUT_MAX = 512 * 1024 };
/* Of a connection that conn_allow_large was called for. */
enum { CONN_LARGE_MAX = 4 * 1024 * 1024 };

struct conn_events {
    /* What arrived, decrypted, in a buffer of the loop, which the callee may
     * change; at least one byte. May close the connection. */
    void (*on_bytes)(void *context, char *bytes, size_t length);
    /* Exactly once, from the loop itself and never from inside a call of this
     * header. Nothing comes after it; until then the conn may be used, and
     * ignores what is written once it is closed. */
    void (*on_end)(void *context, enum conn_end end);
    /* The other side says that it sends no more; it may still read. Nothing
     * arrives any more, what is written still goes out, and conn_close no
     * longer waits for it. NULL: that is the end (CONN_END_PEER). */
    void (*on_finished)(void *context);
    /* The kernel has taken all that was written, after it had not (see
     * conn_waiting). May be NULL. */
    void (*on_sent)(void *context);
};

/* Takes a pending connection of a listening handle of libuv. With `tls` (not
 * NULL, borrowed) it begins with a handshake, and what the owner reads and
 * writes is what goes through it; what it writes before the handshake is over
 * is dropped, for nobody could read it. Its time limit is the owner's. */
struct uv_stream_s;
struct tls_server;
MUST_CHECK enum fail conn_accept(struct conn **out, struct loop *loop, struct uv_stream_s *listener,
                                 struct tls_server *tls, const struct conn_events *events,
                                 void *context);

/* Another owner from now on (after an upgrade). */
void conn_hand_over(struct conn *conn, const struct conn_events *events, void *context);

/* False once it was closed or cut, by whichever side. */
bool conn_is_open(const struct conn *conn);

/* At most what may wait at once. */
void conn_write(struct conn *conn, struct slice bytes);
/* So much may wait as a large answer needs, until it is handed over: for an
 * owner that writes the next thing only when the last one has been taken. */
void conn_allow_large(struct conn *conn);
/* Stops and starts reading (and decrypting); nothing arrives while it is
 * paused, and the end of the other side is noticed only afterwards. */
void conn_pause(struct conn *conn);
void conn_resume(struct conn *conn);

/* Sends what is still to be sent (a slow peer has ten seconds to take it), says
 * it is over, gives the peer up to two seconds to finish, then on_end. */
void conn_close(struct conn *conn);
/* At once. */
void conn_cut(struct conn *conn);

/* Bytes written that the kernel has not taken yet. */
size_t conn_waiting(const struct conn *conn);

/* Whether it is encrypted. */
bool conn_is_secure(const struct conn *conn);
/* Lets the kernel look after it while it is quiet: when the machine at the
 * other end is gone, it ends within `seconds` (CONN_END_PEER; four is the least
 * that is kept to). 0: never. */
void conn_keep_alive(struct conn *conn, unsigned seconds);

/* The address of the other side, without its port; not known once it is gone. */
void conn_address(const struct conn *conn, struct address *out);
/* "127.0.0.1:53412" or "[::1]:53412" of the other side, for logs. */
enum { CONN_ADDRESS_SIZE = 64 };
void conn_peer(const struct conn *conn, char out[CONN_ADDRESS_SIZE]);

#endif

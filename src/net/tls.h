/* TLS for the connections of both sides: 1.2 and 1.3, HTTP/1.1 inside.
 *
 * A context holds what many connections share; a stream is one connection's
 * TLS. A stream moves no bytes itself: its owner hands it what arrived and
 * gets back what is to be sent, so that it costs no buffers while idle
 * (architecture.md, Threads and time). */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/metric.h"
#include "base/text.h"

enum { TLS_PROBLEM_SIZE = 512, TLS_TICKET_KEY_SIZE = 32, TLS_PIN_SIZE = 32 };

/* --- What a server shows ------------------------------------------------ */

struct tls_server; /* shared by all loops */

struct tls_server_options {
    const char *certificate_file; /* PEM: its own first, then those above it */
    const char *key_file;         /* PEM, without a passphrase */
    /* Derives the keys of session tickets: with the same one, tickets survive a
     * restart. TLS_TICKET_KEY_SIZE bytes. */
    const uint8_t *ticket_key;
};

/* What a certificate says about itself. */
struct tls_certificate {
    char subject[256];     /* its first name: "pos.example.com" */
    int64_t not_before_ms; /* since 1970 UTC */
    int64_t not_after_ms;
};

/* FAIL_NOT_FOUND, FAIL_DENIED, FAIL_IO (a file), FAIL_INVALID (not PEM, the key
 * is not the certificate's, expired or not valid yet); `problem` is a sentence
 * for people that names the file and what to do. */
MUST_CHECK enum fail tls_server_create(struct tls_server **out,
                                       const struct tls_server_options *options,
                                       char problem[TLS_PROBLEM_SIZE]);
/* Reads the files again; connections from now on show the new certificate. On
 * failure all stays as it was. From any thread. */
MUST_CHECK enum fail tls_server_reload(struct tls_server *server, char problem[TLS_PROBLEM_SIZE]);
/* Of the certificate that is shown now. From any thread. */
void tls_server_certificate(struct tls_server *server, struct tls_certificate *out);
/* When no stream is left. Accepts NULL; sets the pointer NULL. */
void tls_server_destroy(struct tls_server **server);

/* --- What a client asks for ---------------------------------------------- */

/* Shared by the connections of one process; of one thread. It keeps the last
 * session ticket, so that the next connection to the same host resumes. When no
 * stream is left it may be destroyed. */
struct tls_client;

struct tls_client_options {
    const char *ca_file; /* PEM; NULL: the system's */
    /* SHA-256 of the server's public key (RFC 7469, 2.4): nothing else is
     * accepted, whoever signed it. TLS_PIN_SIZE bytes; NULL: none. Without a
     * `ca_file` the key alone counts, and its certificate may be signed by
     * anybody, for any name; with one, both must be right. */
    const uint8_t *pin;
};
/* Failures as tls_server_create. */
MUST_CHECK enum fail tls_client_create(struct tls_client **out,
                                       const struct tls_client_options *options,
                                       char problem[TLS_PROBLEM_SIZE]);
void tls_client_destroy(struct tls_client **client);

/* --- One connection ------------------------------------------------------- */

struct tls_stream;

struct tls_stream_events {
    /* Bytes for the other side, as they go over the network; borrowed. Also
     * from inside tls_stream_start, _take, _write and _close. */
    void (*on_cipher)(void *context, struct slice bytes);
    /* What the other side said, in a buffer of the loop which the callee may
     * change. May close and free the stream's owner only later, never inside. */
    void (*on_plain)(void *context, char *bytes, size_t length);
};

/* `host` is whom a client means, for SNI and the check of names; NULL on the
 * server's side. Exactly one of `server` and `client`. FAIL_MEMORY. */
struct tls_stream_options {
    struct tls_server *server;
    struct tls_client *client;
    const char *host;
    const struct tls_stream_events *events; /* borrowed: static */
    void *context;                          /* borrowed */
};
MUST_CHECK enum fail tls_stream_create(struct tls_stream **out,
                                       const struct tls_stream_options *options);
void tls_stream_free(struct tls_stream **stream);

enum tls_state {
    TLS_SHAKING, /* the handshake is under way; nothing plain yet */
    TLS_OPEN,
    TLS_ENDED,  /* one side has said goodbye (close_notify) */
    TLS_BROKEN, /* an alert, a bad record, a refused certificate: tls_stream_problem */
};

/* A client's first words. */
enum tls_state tls_stream_start(struct tls_stream *stream);
/* What arrived. `plain` is room for decrypted bytes, of the loop; it must not
 * be where `cipher` is. */
enum tls_state tls_stream_take(struct tls_stream *stream, struct slice cipher, char *plain,
                               size_t plain_size);
/* From inside on_plain: it is not called again before the next tls_stream_take,
 * and what has come beyond this is kept as it came. That call may bring nothing
 * new (an empty `cipher`). */
void tls_stream_hold(struct tls_stream *stream);
/* When TLS_OPEN, or TLS_ENDED by the other side alone, which may still read; at
 * most a megabyte. */
enum tls_state tls_stream_write(struct tls_stream *stream, struct slice plain);
/* Says goodbye (close_notify) where the handshake is over; nothing more is
 * taken. Also from inside on_plain. */
void tls_stream_close(struct tls_stream *stream);

enum tls_state tls_stream_state(const struct tls_stream *stream);
/* A sentence for people: "the certificate of pos.example.com has expired". */
const char *tls_stream_problem(const struct tls_stream *stream);
/* Whether the handshake resumed an earlier session. */
bool tls_stream_was_resumed(const struct tls_stream *stream);

/* Of the server's side. */
extern struct counter tls_handshakes_full;
extern struct counter tls_handshakes_resumed;
extern struct counter tls_failures; /* of handshakes */

#endif

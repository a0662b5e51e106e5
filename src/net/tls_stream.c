/* One connection's TLS over OpenSSL.
 *
 * OpenSSL reads what lies in the buffer that the owner hands in, and writes
 * straight into the owner's callback; between two calls nothing is kept but
 * the keys, and the beginning of a record whose rest has not come. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/metric.h"
#include "net/tls_bio.h"
#include "net/tls_part.h"

/* What a client may send before it is through its handshake: a hello with the
 * longest ticket and two key shares has less than 4 KB. */
enum { SHAKE_MAX = 32 * 1024, WRITE_MAX = 1024 * 1024 };

/* What came and may not be decrypted yet; the bytes follow it. */
struct kept {
    size_t length;
    char bytes[];
};

struct tls_stream {
    SSL *ssl;
    struct tls_bio bio;
    const struct tls_stream_events *events; /* borrowed */
    void *context;                          /* borrowed: the owner's */
    char *host;                             /* owned; NULL on the server's side */
    char *problem;                          /* owned; once TLS_BROKEN */
    struct kept *kept;                      /* owned; only while it is held */
    uint8_t state;                          /* enum tls_state */
    bool held;
    bool closed; /* we have said goodbye */
};

struct counter tls_handshakes_full;
struct counter tls_handshakes_resumed;
struct counter tls_failures;

/* --- Trouble -------------------------------------------------------------------- */

static void broken(struct tls_stream *stream)
{
    bool shaking = stream->state == TLS_SHAKING;
    char text[TLS_PROBLEM_SIZE];

    if (stream->bio.refused) {
        (void)text_format(text, sizeof(text), "the handshake is longer than %d bytes", SHAKE_MAX);
        ERR_clear_error();
    } else {
        tls_reason(stream->ssl, stream->host, text, sizeof(text));
    }
    stream->state = TLS_BROKEN;
    stream->problem = strdup(text); /* NULL is said in other words */
    if (shaking && stream->host == NULL) {
        counter_add(&tls_failures, 1);
    }
}

/* Whether OpenSSL only waits for more; else the stream is over. */
static void look_at(struct tls_stream *stream, int result)
{
    switch (SSL_get_error(stream->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return;
    case SSL_ERROR_ZERO_RETURN:
        stream->state = TLS_ENDED;
        return;
    default:
        broken(stream);
    }
}

/* --- Handshake and records --------------------------------------------------------- */

static void shake(struct tls_stream *stream)
{
    int result;

    ERR_clear_error();
    result = SSL_do_handshake(stream->ssl);
    if (result != 1) {
        look_at(stream, result);
        return;
    }
    stream->state = TLS_OPEN;
    stream->bio.taken_max = SIZE_MAX;
    if (stream->host == NULL) {
        counter_add(SSL_session_reused(stream->ssl) == 1 ? &tls_handshakes_resumed
                                                         : &tls_handshakes_full,
                    1);
    }
}

static void read_records(struct tls_stream *stream, char *plain, size_t plain_size)
{
    while (stream->state == TLS_OPEN && !stream->held) {
        int length;

        ERR_clear_error();
        length = SSL_read(stream->ssl, plain, (int)plain_size);
        if (length <= 0) {
            look_at(stream, length);
            return;
        }
        stream->events->on_plain(stream->context, plain, (size_t)length);
    }
}

/* Behind what was kept before; false without memory. */
static bool keep(struct tls_stream *stream, struct slice bytes)
{
    size_t before = stream->kept == NULL ? 0 : stream->kept->length;
    struct kept *kept;

    if (bytes.length == 0) {
        return true;
    }
    kept = realloc(stream->kept, sizeof(*kept) + before + bytes.length);
    if (kept == NULL) {
        return false;
    }
    memcpy(kept->bytes + before, bytes.bytes, bytes.length);
    kept->length = before + bytes.length;
    stream->kept = kept;
    return true;
}

enum tls_state tls_stream_start(struct tls_stream *stream)
{
    assert(stream->host != NULL && stream->state == TLS_SHAKING);
    shake(stream);
    return (enum tls_state)stream->state;
}

enum tls_state tls_stream_take(struct tls_stream *stream, struct slice cipher, char *plain,
                               size_t plain_size)
{
    struct kept *kept = NULL;

    assert(plain_size > 0 && plain_size <= WRITE_MAX);
    if (stream->state != TLS_SHAKING && stream->state != TLS_OPEN) {
        return (enum tls_state)stream->state;
    }
    if (stream->kept != NULL) {
        if (!keep(stream, cipher)) {
            broken(stream);
            return TLS_BROKEN;
        }
        kept = stream->kept;
        stream->kept = NULL;
        cipher = slice_make(kept->bytes, kept->length);
    }
    stream->held = false;
    stream->bio.input = cipher;
    if (stream->state == TLS_SHAKING) {
        shake(stream);
    }
    read_records(stream, plain, plain_size);
    if (stream->state == TLS_OPEN && !keep(stream, stream->bio.input)) {
        broken(stream);
    }
    stream->bio.input = slice_make(NULL, 0);
    free(kept);
    return (enum tls_state)stream->state;
}

void tls_stream_hold(struct tls_stream *stream)
{
    stream->held = true;
}

enum tls_state tls_stream_write(struct tls_stream *stream, struct slice plain)
{
    int written;

    assert(stream->state == TLS_OPEN || stream->state == TLS_ENDED);
    assert(!stream->closed && plain.length <= WRITE_MAX);
    if (plain.length == 0) {
        return (enum tls_state)stream->state;
    }
    ERR_clear_error();
    written = SSL_write(stream->ssl, plain.bytes, (int)plain.length);
    if (written <= 0) {
        broken(stream);
    }
    return (enum tls_state)stream->state;
}

void tls_stream_close(struct tls_stream *stream)
{
    if (!stream->closed && (stream->state == TLS_OPEN || stream->state == TLS_ENDED)) {
        ERR_clear_error();
        (void)SSL_shutdown(stream->ssl); /* the other side's goodbye is not waited for */
        ERR_clear_error();
    }
    stream->closed = true;
    if (stream->state != TLS_BROKEN) {
        stream->state = TLS_ENDED;
    }
}

/* --- Life ------------------------------------------------------------------------- */

static void on_output(void *context, struct slice bytes)
{
    struct tls_stream *stream = context;

    stream->events->on_cipher(stream->context, bytes);
}

static enum fail ssl_create(struct tls_stream *stream, const struct tls_stream_options *options)
{
    SSL_CTX *context = options->server != NULL ? tls_server_context(options->server)
                                               : tls_client_context(options->client);
    BIO *bio;

    stream->ssl = SSL_new(context);
    if (options->server != NULL) {
        SSL_CTX_free(context); /* the connection has its own reference */
    }
    bio = stream->ssl == NULL ? NULL : tls_bio_create(&stream->bio);
    if (bio == NULL) {
        return FAIL_MEMORY;
    }
    SSL_set_bio(stream->ssl, bio, bio);
    if (options->server != NULL) {
        SSL_set_accept_state(stream->ssl);
        return FAIL_NONE;
    }
    SSL_set_connect_state(stream->ssl);
    return tls_client_prepare(options->client, stream->ssl, stream->host);
}

enum fail tls_stream_create(struct tls_stream **out, const struct tls_stream_options *options)
{
    struct tls_stream *stream = calloc(1, sizeof(*stream));
    enum fail fail = FAIL_MEMORY;

    assert((options->server == NULL) != (options->client == NULL));
    assert((options->client == NULL) == (options->host == NULL));
    if (stream == NULL) {
        return FAIL_MEMORY;
    }
    stream->bio.on_output = on_output;
    stream->bio.context = stream;
    stream->bio.taken_max = options->server != NULL ? SHAKE_MAX : SIZE_MAX;
    stream->events = options->events;
    stream->context = options->context;
    stream->host = options->host == NULL ? NULL : strdup(options->host);
    if (options->host == NULL || stream->host != NULL) {
        fail = ssl_create(stream, options);
    }
    if (fail != FAIL_NONE) {
        ERR_clear_error();
        tls_stream_free(&stream);
        return fail;
    }
    *out = stream;
    return FAIL_NONE;
}

void tls_stream_free(struct tls_stream **stream_at)
{
    struct tls_stream *stream = *stream_at;

    if (stream == NULL) {
        return;
    }
    *stream_at = NULL;
    if (stream->state == TLS_OPEN || stream->state == TLS_ENDED) {
        /* Cut without a goodbye, as networks do: OpenSSL would take it for an
         * attack and forget the session, and a shop whose server was killed
         * would come back with full handshakes. */
        SSL_set_shutdown(stream->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }
    SSL_free(stream->ssl);
    free(stream->kept);
    free(stream->problem);
    free(stream->host);
    free(stream);
}

enum tls_state tls_stream_state(const struct tls_stream *stream)
{
    return (enum tls_state)stream->state;
}

const char *tls_stream_problem(const struct tls_stream *stream)
{
    return stream->problem == NULL ? "there is no memory left for TLS" : stream->problem;
}

bool tls_stream_was_resumed(const struct tls_stream *stream)
{
    return SSL_session_reused(stream->ssl) == 1;
}

/* Opening a connection by name over libuv.
 *
 * A name may have several addresses (localhost has ::1 and 127.0.0.1, and
 * often only one of them is listened on): they are tried in the order of the
 * look-up, each with a fresh socket, and the last one's trouble is told.
 *
 * libuv cannot call back a look-up that has begun. The owner does not wait for
 * it: on_closed comes as soon as the socket is closed, and only the link's own
 * memory stays until the look-up has ended too.
 *
 * With TLS the stream of net/tls.h stands between the socket and the owner: it
 * is made before the look-up, begins to talk on the first address that takes
 * the connection, and is freed with the link, never from inside a call of its
 * own. Plain bytes that wait to be sent are wiped at once, as they may hold a
 * password; what is enciphered needs no wiping. */
#include "net/dial_link.h"

#include <assert.h>
#include <stdlib.h>

#include <uv.h>

#include "net/tls.h"

enum {
    LINK_OUT_MAX = 256 * 1024, /* bytes that wait for the other side to take them */
    LINK_REASON_SIZE = 400,
    LINK_PORT_SIZE = 6,
};

enum link_state {
    LINK_LOOKING_UP, /* or not even begun */
    LINK_CONNECTING, /* to `address`, or between two of them */
    LINK_SECURING,   /* connected, TLS shakes hands */
    LINK_UP,         /* bytes go both ways */
    LINK_FINISHED,   /* nothing more goes out; the other side's end is awaited */
    LINK_CLOSED,     /* on_closed is on its way, or was called */
};

struct dial_link {
    enum link_state state;
    struct loop *loop;                     /* borrowed */
    const struct dial_link_events *events; /* borrowed */
    void *context;                         /* borrowed */
    uv_tcp_t tcp;
    uv_getaddrinfo_t lookup;
    bool lookup_pending; /* libuv holds `lookup`, perhaps beyond on_closed */
    bool closed_told;
    uv_connect_t connect;
    uv_shutdown_t shutdown;
    struct tls_stream *tls;     /* owned; NULL: plain */
    struct addrinfo *addresses; /* owned */
    struct addrinfo *address;   /* of them, the one that is tried */
    char authority[URL_HOST_SIZE + 8];
};

struct writing {
    uv_write_t request;
    struct dial_link *link;
    struct buf bytes;
};

static void trouble_tell(struct dial_link *link, const char *what, const char *why)
{
    char reason[LINK_REASON_SIZE];

    (void)text_format(reason, sizeof(reason), "%s%s%s: %s", what, what[0] == '\0' ? "" : " ",
                      link->authority, why);
    link->events->on_trouble(link->context, reason);
}

static void loss_tell(struct dial_link *link, int result)
{
    if (result == UV_EOF && link->state == LINK_SECURING) {
        trouble_tell(link, "no secure connection to", "the server ended it: does it speak https?");
        return;
    }
    if (result == UV_EOF) {
        link->events->on_trouble(link->context,
                                 "the server ended the connection without a goodbye");
        return;
    }
    trouble_tell(link, "the connection was lost to", uv_strerror(result));
}

static void link_free(struct dial_link *link)
{
    if (link->addresses != NULL) {
        uv_freeaddrinfo(link->addresses);
    }
    tls_stream_free(&link->tls);
    free(link);
}

static bool link_is_connected(const struct dial_link *link)
{
    return link->state >= LINK_SECURING && link->state <= LINK_FINISHED;
}

/* --- Sending ------------------------------------------------------------ */

static void writing_free(struct writing *writing)
{
    buf_wipe(&writing->bytes); /* it may have been a password */
    free(writing);
}

static void on_written(uv_write_t *request, int status)
{
    struct writing *writing = request->data;
    struct dial_link *link = writing->link;

    writing_free(writing);
    if (status < 0 && link_is_connected(link)) {
        loss_tell(link, status);
    }
}

/* Puts `bytes` on the wire as they are, and takes them. */
static void wire_write(struct dial_link *link, struct buf *bytes)
{
    uv_stream_t *stream = (uv_stream_t *)&link->tcp;
    struct writing *writing = malloc(sizeof(*writing));
    uv_buf_t piece;
    int result;

    if (writing == NULL || buf_fail(bytes) != FAIL_NONE) {
        free(writing);
        buf_wipe(bytes);
        link->events->on_trouble(link->context, "out of memory");
        return;
    }
    *writing = (struct writing){.link = link, .bytes = *bytes};
    writing->request.data = writing;
    buf_init(bytes, bytes->limit);
    if (uv_stream_get_write_queue_size(stream) + writing->bytes.length > LINK_OUT_MAX) {
        writing_free(writing);
        link->events->on_trouble(link->context, "the server does not take what is sent to it");
        return;
    }
    piece = uv_buf_init(writing->bytes.bytes, (unsigned)writing->bytes.length);
    result = uv_write(&writing->request, stream, &piece, 1, on_written);
    if (result != 0) {
        writing_free(writing);
        loss_tell(link, result);
    }
}

/* --- TLS ---------------------------------------------------------------- */

/* The owner may have closed the link in the midst of a call of the stream. */
static void on_cipher(void *context, struct slice bytes)
{
    struct dial_link *link = context;
    struct buf copy;

    if (link_is_connected(link)) {
        buf_init(&copy, bytes.length);
        buf_slice(&copy, bytes);
        wire_write(link, &copy);
    }
}

static void on_plain(void *context, char *bytes, size_t length)
{
    struct dial_link *link = context;

    if (link->state == LINK_UP) {
        link->events->on_bytes(link->context, bytes, length);
    } else if (link->state == LINK_SECURING) {
        trouble_tell(link, "no connection to", "the server talked before it was asked");
    }
}

static const struct tls_stream_events tls_events = {on_cipher, on_plain};

/* What follows from the state that a call of the stream has left. */
static void tls_judge(struct dial_link *link, enum tls_state state)
{
    if (!link_is_connected(link) || link->state == LINK_FINISHED) {
        return;
    }
    switch (state) {
    case TLS_SHAKING:
        break;
    case TLS_OPEN:
        if (link->state == LINK_SECURING) {
            link->state = LINK_UP;
            link->events->on_connected(link->context);
        }
        break;
    case TLS_ENDED:
        loss_tell(link, UV_EOF);
        break;
    case TLS_BROKEN:
        link->events->on_trouble(link->context, tls_stream_problem(link->tls));
        break;
    }
}

static void bytes_take(struct dial_link *link, char *bytes, size_t length)
{
    struct loop_bytes room = loop_plain_buffer(link->loop);

    if (link->tls == NULL) {
        link->events->on_bytes(link->context, bytes, length);
    } else if (link->state != LINK_FINISHED) {
        tls_judge(link,
                  tls_stream_take(link->tls, slice_make(bytes, length), room.bytes, room.length));
    }
}

/* --- Opening ------------------------------------------------------------ */

static void address_try(struct dial_link *link);

static void tcp_init(struct dial_link *link)
{
    int result = uv_tcp_init(loop_uv(link->loop), &link->tcp);

    assert(result == 0); /* it opens nothing yet */
    (void)result;
    link->tcp.data = link;
}

static void on_tcp_closed(uv_handle_t *handle)
{
    struct dial_link *link = handle->data;

    if (link->state != LINK_CLOSED) {
        tcp_init(link);
        address_try(link);
        return;
    }
    link->closed_told = true;
    link->events->on_closed(link->context);
    if (!link->lookup_pending) {
        link_free(link);
    }
}

static void address_failed(struct dial_link *link, int result)
{
    link->address = link->address->ai_next;
    if (link->address == NULL) {
        trouble_tell(link, "no connection to", uv_strerror(result));
        return;
    }
    uv_close((uv_handle_t *)&link->tcp, on_tcp_closed); /* which tries the next */
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct dial_link *link = handle->data;
    struct loop_bytes buffer = loop_read_buffer(link->loop);

    (void)suggested;
    *out = uv_buf_init(buffer.bytes, (unsigned)buffer.length);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct dial_link *link = stream->data;

    if (!link_is_connected(link)) {
        return;
    }
    if (length > 0) {
        bytes_take(link, buffer->base, (size_t)length);
    } else if (length < 0) {
        loss_tell(link, (int)length);
    }
}

static void on_connected(uv_connect_t *request, int status)
{
    struct dial_link *link = request->data;

    if (link->state != LINK_CONNECTING) {
        return;
    }
    if (status < 0) {
        address_failed(link, status);
        return;
    }
    link->state = LINK_SECURING;
    (void)uv_tcp_nodelay(&link->tcp, 1);
    status = uv_read_start((uv_stream_t *)&link->tcp, give_buffer, on_read);
    if (status < 0) {
        loss_tell(link, status);
        return;
    }
    tls_judge(link, link->tls == NULL ? TLS_OPEN : tls_stream_start(link->tls));
}

static void address_try(struct dial_link *link)
{
    int result;

    link->connect.data = link;
    result = uv_tcp_connect(&link->connect, &link->tcp, link->address->ai_addr, on_connected);
    if (result != 0) {
        address_failed(link, result);
    }
}

static void on_looked_up(uv_getaddrinfo_t *request, int status, struct addrinfo *addresses)
{
    struct dial_link *link = request->data;

    link->lookup_pending = false;
    link->addresses = addresses;
    if (link->closed_told) {
        link_free(link);
        return;
    }
    if (link->state != LINK_LOOKING_UP) {
        return;
    }
    if (status < 0) {
        trouble_tell(link, "no address is known of", uv_strerror(status));
        return;
    }
    assert(addresses != NULL);
    link->state = LINK_CONNECTING;
    link->address = addresses;
    address_try(link);
}

/* --- What the owner calls ----------------------------------------------- */

enum fail dial_link_create(struct dial_link **out, struct loop *loop,
                           const struct dial_link_events *events, void *context)
{
    struct dial_link *link = calloc(1, sizeof(*link));

    if (link == NULL) {
        return FAIL_MEMORY;
    }
    link->loop = loop;
    link->events = events;
    link->context = context;
    tcp_init(link);
    *out = link;
    return FAIL_NONE;
}

/* False, and told, when there is no memory for it. */
static bool tls_prepare(struct dial_link *link, const struct url *url, struct tls_client *tls)
{
    const struct tls_stream_options options = {
        .client = tls, .host = url->host, .events = &tls_events, .context = link};

    assert(url->secure == (tls != NULL));
    if (tls != NULL && tls_stream_create(&link->tls, &options) != FAIL_NONE) {
        link->events->on_trouble(link->context, "out of memory");
        return false;
    }
    return true;
}

void dial_link_connect(struct dial_link *link, const struct url *url, struct tls_client *tls)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    char port[LINK_PORT_SIZE];
    int result;

    assert(link->state == LINK_LOOKING_UP && !link->lookup_pending);
    if (!tls_prepare(link, url, tls)) {
        return;
    }
    url_authority(url, link->authority);
    (void)text_format(port, sizeof(port), "%u", url->port);
    link->lookup.data = link;
    result =
        uv_getaddrinfo(loop_uv(link->loop), &link->lookup, on_looked_up, url->host, port, &hints);
    if (result != 0) {
        trouble_tell(link, "no address is known of", uv_strerror(result));
        return;
    }
    link->lookup_pending = true;
}

const char *dial_link_late_text(const struct dial_link *link)
{
    if (link->state == LINK_LOOKING_UP) {
        return "the address of the server was not found in time";
    }
    return link->state == LINK_SECURING
               ? "the server did not answer the TLS handshake in time: does it speak https?"
               : "the server did not answer the connection in time";
}

void dial_link_write(struct dial_link *link, struct buf *bytes)
{
    assert(link->state == LINK_UP);
    if (link->tls == NULL) {
        wire_write(link, bytes);
        return;
    }
    if (buf_fail(bytes) != FAIL_NONE) {
        link->events->on_trouble(link->context, "out of memory");
    } else {
        tls_judge(link, tls_stream_write(link->tls, buf_view(bytes)));
    }
    buf_wipe(bytes);
}

static void on_shut(uv_shutdown_t *request, int status)
{
    (void)request; /* what counts is the other side's end, or the owner's patience */
    (void)status;
}

void dial_link_finish(struct dial_link *link)
{
    int result;

    assert(link->state == LINK_UP);
    link->state = LINK_FINISHED;
    if (link->tls != NULL) {
        tls_stream_close(link->tls);
    }
    if (link->state == LINK_CLOSED) { /* the goodbye could not be sent */
        return;
    }
    result = uv_shutdown(&link->shutdown, (uv_stream_t *)&link->tcp, on_shut);
    if (result != 0) {
        loss_tell(link, result);
    }
}

void dial_link_close(struct dial_link *link)
{
    assert(link->state != LINK_CLOSED);
    link->state = LINK_CLOSED;
    if (link->lookup_pending) {
        (void)uv_cancel((uv_req_t *)&link->lookup); /* in vain when it has begun */
    }
    if (!uv_is_closing((uv_handle_t *)&link->tcp)) {
        uv_close((uv_handle_t *)&link->tcp, on_tcp_closed);
    }
}

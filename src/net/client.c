/* One blocking HTTP call by libcurl.
 *
 * Every call has a handle of its own: the command line makes a handful of calls
 * in its life, and nothing is then left over from one to the next. What can go
 * wrong is told in a sentence that a person can act on, because libcurl's own
 * ("Failed to connect to ... after 0 ms: Couldn't connect to server") says
 * neither what to do nor what was expected there.
 *
 * Proxies are those of libcurl's environment variables, except that an address
 * of this machine is never asked through one: a proxy elsewhere would look for
 * the server on its own loopback. */
#include "net/client.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include <curl/curl.h>

#include <openssl/x509_vfy.h>

#include "base/text.h"
#include "net/tls_part.h"

enum { CONNECT_LIMIT_MS = 5000, REPLY_MAX = 1024 * 1024, HEADER_LINE_MAX = 8 * 1024 };

struct transfer {
    CURL *easy;
    CURLU *url;
    char *host; /* of curl; an IPv6 address in brackets */
    char *port; /* of curl */
    struct curl_slist *headers;
    struct buf body;
    long timeout_ms;
    char curl_problem[CURL_ERROR_SIZE];
};

static pthread_once_t curl_started = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);

    assert(code == CURLE_OK);
    (void)code;
}

/* A sentence longer than the room for it is cut: it is for people. */
#define TELL(problem, ...) (void)text_format((problem), CLIENT_PROBLEM_SIZE, __VA_ARGS__)

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;

    buf_append(&transfer->body, bytes, size * count);
    return buf_fail(&transfer->body) == FAIL_NONE ? size * count : 0;
}

static enum fail read_url(struct transfer *transfer, const char *text, char *problem)
{
    CURLUcode code;

    transfer->url = curl_url();
    if (transfer->url == NULL) {
        return FAIL_MEMORY;
    }
    if (!slice_starts_with(slice_of(text), "http://") &&
        !slice_starts_with(slice_of(text), "https://")) {
        TELL(problem, "the address must start with http:// or https://");
        return FAIL_INVALID;
    }
    code = curl_url_set(transfer->url, CURLUPART_URL, text, CURLU_DISALLOW_USER);
    if (code == CURLUE_OK) {
        code = curl_url_get(transfer->url, CURLUPART_HOST, &transfer->host, 0);
    }
    if (code == CURLUE_OK) {
        code = curl_url_get(transfer->url, CURLUPART_PORT, &transfer->port, CURLU_DEFAULT_PORT);
    }
    if (code != CURLUE_OK) {
        TELL(problem, "the address cannot be read: %s", curl_url_strerror(code));
        return code == CURLUE_OUT_OF_MEMORY ? FAIL_MEMORY : FAIL_INVALID;
    }
    return FAIL_NONE;
}

/* A line break in a value would begin another header: refused, never sent. */
static enum fail add_header(struct transfer *transfer, const struct client_header *header,
                            char *problem)
{
    char line[HEADER_LINE_MAX];
    struct curl_slist *longer;
    bool fits;

    if (!slice_is_visible_ascii(slice_of(header->name)) || strchr(header->name, ':') != NULL ||
        slice_has_control(slice_of(header->value))) {
        TELL(problem, "a header holds characters that cannot be sent");
        return FAIL_INVALID;
    }
    /* "Name;" is how libcurl is asked for a header without a value. */
    fits = text_format(line, sizeof(line), header->value[0] == '\0' ? "%s;%s" : "%s: %s",
                       header->name, header->value);
    longer = fits ? curl_slist_append(transfer->headers, line) : NULL;
    explicit_bzero(line, sizeof(line));
    if (!fits) {
        TELL(problem, "a header is longer than %d bytes", HEADER_LINE_MAX - 1);
        return FAIL_INVALID;
    }
    if (longer == NULL) {
        return FAIL_MEMORY;
    }
    transfer->headers = longer;
    return FAIL_NONE;
}

static enum fail add_headers(struct transfer *transfer, const struct client_request *request,
                             char *problem)
{
    size_t i;

    for (i = 0; i < request->header_count; i++) {
        enum fail fail = add_header(transfer, &request->headers[i], problem);

        if (fail != FAIL_NONE) {
            return fail;
        }
    }
    return FAIL_NONE;
}

static bool is_this_machine(const char *host)
{
    return slice_is_ignoring_case(slice_of(host), "localhost") ||
           slice_starts_with(slice_of(host), "127.") || slice_is(slice_of(host), "[::1]");
}

/* What holds for every call: our limits, and nothing that reaches further than
 * the address that was given. */
static bool set_rules(struct transfer *transfer)
{
    CURL *easy = transfer->easy;

    return curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->curl_problem) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CURLU, transfer->url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_LIMIT_MS) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, "tillwire/" TILLWIRE_VERSION) == CURLE_OK &&
           (!is_this_machine(transfer->host) ||
            curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK);
}

/* In place of the system's authorities, never beside them. */
static bool set_trust(struct transfer *transfer, const struct client_request *request)
{
    return request->ca_file == NULL ||
           (curl_easy_setopt(transfer->easy, CURLOPT_CAINFO, request->ca_file) == CURLE_OK &&
            curl_easy_setopt(transfer->easy, CURLOPT_CAPATH, NULL) == CURLE_OK);
}

static bool set_request(struct transfer *transfer, const struct client_request *request)
{
    CURL *easy = transfer->easy;
    bool ok = curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers) == CURLE_OK &&
              curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, request->timeout_ms) == CURLE_OK &&
              curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
              curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK;

    if (slice_is(slice_of(request->method), "HEAD")) {
        return ok && curl_easy_setopt(easy, CURLOPT_NOBODY, 1L) == CURLE_OK;
    }
    if (request->body.length > 0 || slice_is(slice_of(request->method), "POST")) {
        const char *body = request->body.length > 0 ? request->body.bytes : "";

        ok = ok && curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK &&
             curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body) == CURLE_OK &&
             curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                              (curl_off_t)request->body.length) == CURLE_OK;
    }
    return ok && curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method) == CURLE_OK;
}

static enum fail describe_timeout(const struct transfer *transfer, char *problem)
{
    curl_off_t connected_us = 0;

    (void)curl_easy_getinfo(transfer->easy, CURLINFO_CONNECT_TIME_T, &connected_us);
    if (connected_us == 0) {
        TELL(problem, "could not connect to %s port %s in time: is Tillwire running there?",
             transfer->host, transfer->port);
    } else {
        TELL(problem, "%s port %s gave no answer within %ld seconds", transfer->host,
             transfer->port, (transfer->timeout_ms + 999) / 1000);
    }
    return FAIL_TIMEOUT;
}

static enum fail describe_body(const struct transfer *transfer, char *problem)
{
    enum fail fail = buf_fail(&transfer->body);

    if (fail == FAIL_NONE) {
        TELL(problem, "the answer of %s port %s could not be taken", transfer->host,
             transfer->port);
        return FAIL_CLOSED;
    }
    if (fail == FAIL_LIMIT) {
        TELL(problem, "the answer of %s port %s is larger than 1 MiB", transfer->host,
             transfer->port);
    }
    return fail;
}

/* The same sentences as a terminal's (net/tls.h). Names are checked by libcurl
 * itself, before it has asked OpenSSL for a result. */
static enum fail describe_certificate(const struct transfer *transfer, char *problem)
{
    long result = X509_V_OK;

    (void)curl_easy_getinfo(transfer->easy, CURLINFO_SSL_VERIFYRESULT, &result);
    if (result == X509_V_OK || result == X509_V_ERR_UNSPECIFIED) {
        result = X509_V_ERR_HOSTNAME_MISMATCH;
    }
    tls_certificate_reason(result, transfer->host, problem, CLIENT_PROBLEM_SIZE);
    return FAIL_CLOSED;
}

/* The failures that happen to people, each in a sentence; the rest in libcurl's words. */
static enum fail describe(const struct transfer *transfer, CURLcode code, char *problem)
{
    const char *host = transfer->host;
    const char *port = transfer->port;
    const char *own =
        transfer->curl_problem[0] != '\0' ? transfer->curl_problem : curl_easy_strerror(code);

    if (code == CURLE_OUT_OF_MEMORY) {
        return FAIL_MEMORY;
    } else if (code == CURLE_OPERATION_TIMEDOUT) {
        return describe_timeout(transfer, problem);
    } else if (code == CURLE_WRITE_ERROR) {
        return describe_body(transfer, problem);
    } else if (code == CURLE_COULDNT_CONNECT) {
        TELL(problem, "could not connect to %s port %s: is Tillwire running there?", host, port);
    } else if (code == CURLE_COULDNT_RESOLVE_HOST) {
        TELL(problem, "there is no host with the name %s", host);
    } else if (code == CURLE_COULDNT_RESOLVE_PROXY) {
        TELL(problem, "the proxy that the environment names cannot be found");
    } else if (code == CURLE_GOT_NOTHING) {
        TELL(problem, "%s port %s closed the connection without an answer", host, port);
    } else if (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_PARTIAL_FILE) {
        TELL(problem, "the connection to %s port %s was cut before the answer was complete", host,
             port);
    } else if (code == CURLE_PEER_FAILED_VERIFICATION) {
        return describe_certificate(transfer, problem);
    } else if (code == CURLE_SSL_CONNECT_ERROR) {
        TELL(problem, "no secure connection with %s port %s: does it speak https? (%s)", host, port,
             own);
    } else if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY) {
        TELL(problem, "what answers at %s port %s does not speak HTTP", host, port);
        return FAIL_INVALID;
    } else {
        TELL(problem, "the call to %s port %s failed: %s", host, port, own);
    }
    return FAIL_CLOSED;
}

/* libcurl notes the moment at which it is about to send, when the connection
 * and its TLS are made: before that, no byte of the request has left. */
static bool may_have_arrived(const struct transfer *transfer)
{
    curl_off_t sending_us = 0;

    (void)curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &sending_us);
    return sending_us > 0;
}

static void read_location(const struct transfer *transfer, char out[CLIENT_LOCATION_SIZE])
{
    struct curl_header *header = NULL;

    out[0] = '\0';
    if (curl_easy_header(transfer->easy, "Location", 0, CURLH_HEADER, -1, &header) == CURLHE_OK &&
        slice_copy(slice_of(header->value), out, CLIENT_LOCATION_SIZE) != FAIL_NONE) {
        out[0] = '\0';
    }
}

static enum fail perform(struct transfer *transfer, struct client_reply *reply, char *problem)
{
    CURLcode code = curl_easy_perform(transfer->easy);
    long status = 0;

    reply->may_have_arrived = may_have_arrived(transfer);
    if (code == CURLE_OK) {
        code = curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    }
    if (code != CURLE_OK) {
        return describe(transfer, code, problem);
    }
    reply->status = (int)status;
    read_location(transfer, reply->location);
    reply->body = transfer->body;
    buf_init(&transfer->body, REPLY_MAX); /* the bytes are the caller's now */
    return FAIL_NONE;
}

static void transfer_finish(struct transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    curl_free(transfer->host);
    curl_free(transfer->port);
    curl_url_cleanup(transfer->url);
    buf_finish(&transfer->body);
}

enum fail client_call(const struct client_request *request, struct client_reply *reply,
                      char problem[CLIENT_PROBLEM_SIZE])
{
    struct transfer transfer = {.timeout_ms = request->timeout_ms};
    enum fail fail = FAIL_MEMORY;

    assert(request->timeout_ms > 0);
    reply->may_have_arrived = false;
    (void)pthread_once(&curl_started, start_curl);
    TELL(problem, "%s", fail_text(FAIL_MEMORY));
    buf_init(&transfer.body, REPLY_MAX);
    transfer.easy = curl_easy_init();
    if (transfer.easy == NULL) {
        goto out;
    }
    fail = read_url(&transfer, request->url, problem);
    if (fail != FAIL_NONE) {
        goto out;
    }
    fail = add_headers(&transfer, request, problem);
    if (fail != FAIL_NONE) {
        goto out;
    }
    fail = FAIL_MEMORY;
    if (set_rules(&transfer) && set_trust(&transfer, request) && set_request(&transfer, request)) {
        fail = perform(&transfer, reply, problem);
    }
out:
    transfer_finish(&transfer);
    return fail;
}

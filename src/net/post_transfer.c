/* One post as libcurl is to do it: HTTP/1.1, verified TLS, no redirect, no
 * proxy (it would connect for us, unchecked), only to the checked addresses. */
#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include <openssl/x509_vfy.h>

#include "base/clock.h"
#include "net/post_part.h"
#include "net/tls_part.h"

enum { LINE_MAX_BYTES = 2048 };

#define TELL(transfer, ...)                                                                        \
    (void)text_format((transfer)->post->problem, POST_PROBLEM_SIZE, __VA_ARGS__)

/* The second look, at what is really connected to. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct post_transfer *transfer = context;
    struct sockaddr_in6 six;
    struct sockaddr_in four;
    struct address address;

    (void)purpose;
    if (to->family == AF_INET) {
        memcpy(&four, &to->addr, sizeof(four));
        address = address_of_four((const uint8_t *)&four.sin_addr);
    } else if (to->family == AF_INET6) {
        memcpy(&six, &to->addr, sizeof(six));
        memcpy(address.bytes, &six.sin6_addr, sizeof(address.bytes));
    } else {
        memset(&address, 0, sizeof(address));
    }
    if (!post_address_allowed(transfer, &address)) {
        transfer->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* What the endpoint says is not read; a long answer is cut off, and its status
 * has counted by then. */
static size_t take_answer(char *bytes, size_t size, size_t count, void *context)
{
    struct post_transfer *transfer = context;

    (void)bytes;
    transfer->answer += size * count;
    return transfer->answer <= POST_ANSWER_MAX ? size * count : 0;
}

static bool append(void **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);

    if (longer != NULL) {
        *list = longer;
    }
    return longer != NULL;
}

/* "shop.example.com:443:192.0.2.1,[2001:db8::1]". A host that is an address is
 * no name to libcurl either. */
static bool add_addresses(struct post_transfer *transfer)
{
    struct address self;
    char line[LINE_MAX_BYTES];
    size_t length;
    size_t i;

    if (address_read(slice_of(transfer->url.host), &self)) {
        return true;
    }
    if (!text_format(line, sizeof(line), "%s:%u:", transfer->url.host, transfer->url.port)) {
        return false;
    }
    for (i = 0; i < transfer->address_count; i++) {
        char address[ADDRESS_TEXT_SIZE];
        bool six;

        address_text(&transfer->addresses[i], address);
        six = strchr(address, ':') != NULL;
        length = strlen(line);
        if (!text_format(line + length, sizeof(line) - length, "%s%s%s%s", i == 0 ? "" : ",",
                         six ? "[" : "", address, six ? "]" : "")) {
            return false;
        }
    }
    return append(&transfer->resolve, line);
}

static bool add_headers(struct post_transfer *transfer)
{
    const struct post *post = transfer->post;
    char line[LINE_MAX_BYTES];
    size_t i;

    for (i = 0; i < post->header_count; i++) {
        assert(!slice_has_control(slice_of(post->headers[i].value)));
        if (!text_format(line, sizeof(line), "%s: %s", post->headers[i].name,
                         post->headers[i].value) ||
            !append(&transfer->headers, line)) {
            return false;
        }
    }
    return append(&transfer->headers, "Content-Type: application/json") &&
           append(&transfer->headers, "Accept:") && append(&transfer->headers, "Expect:");
}

static bool set_rules(struct post_transfer *transfer, const char *ca_file)
{
    CURL *easy = transfer->easy;
    bool ok =
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, transfer->url.secure ? "https" : "http") ==
            CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_USERAGENT, "Tillwire/" TILLWIRE_VERSION) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_RESOLVE, transfer->resolve) == CURLE_OK;

    if (ok && ca_file != NULL) {
        ok = curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file) == CURLE_OK &&
             curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK;
    }
    return ok;
}

static bool set_request(struct post_transfer *transfer)
{
    const struct post *post = transfer->post;
    CURL *easy = transfer->easy;
    int64_t left_ms = post->limit_ms - (clock_monotonic_ms() - transfer->began_ms);

    return curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->problem) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_URL, post->url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDS, post->body.bytes) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->body.length) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, left_ms < 1 ? 1L : (long)left_ms) == CURLE_OK;
}

enum fail post_transfer_make(struct post_transfer *transfer, const char *ca_file)
{
    transfer->easy = curl_easy_init();
    if (transfer->easy == NULL || !add_addresses(transfer) || !add_headers(transfer) ||
        !set_rules(transfer, ca_file) || !set_request(transfer)) {
        return FAIL_MEMORY;
    }
    return FAIL_NONE;
}

static void tell_certificate(struct post_transfer *transfer)
{
    long result = X509_V_OK;

    (void)curl_easy_getinfo(transfer->easy, CURLINFO_SSL_VERIFYRESULT, &result);
    if (result == X509_V_OK || result == X509_V_ERR_UNSPECIFIED) {
        result = X509_V_ERR_HOSTNAME_MISMATCH;
    }
    tls_certificate_reason(result, transfer->url.host, transfer->post->problem, POST_PROBLEM_SIZE);
}

/* Why there was no answer, for whoever looks after the endpoint. */
static void tell_problem(struct post_transfer *transfer, CURLcode code)
{
    const char *host = transfer->url.host;
    unsigned port = transfer->url.port;

    if (transfer->refused) {
        TELL(transfer, "%s leads to an address that is not of the Internet: nothing was sent",
             host);
    } else if (code == CURLE_OPERATION_TIMEDOUT) {
        TELL(transfer, "%s port %u gave no answer within %d seconds", host, port,
             (int)(transfer->post->limit_ms / 1000));
    } else if (code == CURLE_COULDNT_CONNECT) {
        TELL(transfer, "could not connect to %s port %u", host, port);
    } else if (code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
               code == CURLE_PARTIAL_FILE) {
        TELL(transfer, "%s port %u cut the connection without a whole answer", host, port);
    } else if (code == CURLE_PEER_FAILED_VERIFICATION) {
        tell_certificate(transfer);
    } else if (code == CURLE_SSL_CONNECT_ERROR) {
        TELL(transfer, "no secure connection with %s port %u", host, port);
    } else if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY) {
        TELL(transfer, "what answers at %s port %u does not speak HTTP", host, port);
    } else {
        TELL(transfer, "%s port %u: %s", host, port,
             transfer->problem[0] == '\0' ? curl_easy_strerror(code) : transfer->problem);
    }
}

void post_transfer_end(struct post_transfer *transfer, int result)
{
    struct post *post = transfer->post;
    CURLcode code = (CURLcode)result;
    curl_off_t retry_after_s = 0;
    long status = 0;

    /* A status is an answer, also when what follows it is too long. */
    if (code == CURLE_OK || code == CURLE_WRITE_ERROR) {
        (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
        (void)curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    }
    post->status = (int)status;
    if (retry_after_s > 0) {
        post->retry_after_s =
            retry_after_s < POST_RETRY_AFTER_MAX_S ? retry_after_s : POST_RETRY_AFTER_MAX_S;
    }
    if (status == 0) {
        tell_problem(transfer, code);
    }
}

void post_transfer_free(struct post_transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    curl_slist_free_all(transfer->resolve);
    free(transfer);
}

/* Posts over TLS: an endpoint is believed by its certificate alone. Host names
 * lead to this machine here, so `localhost` stands for all of them. */
#include "unit/net/tls_scene.h"

#include <signal.h>

#include "unit/net/post_scene.h"

/* One connection: a handshake, a request, an answer. */
struct tls_hook {
    int listening;
    uint16_t port;
    pthread_t thread;
    SSL_CTX *context;
    bool heard; /* a request came; after tls_hook_stop */
};

static void *tls_hook_run(void *argument)
{
    static const char ANSWER[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    struct tls_hook *hook = argument;
    int descriptor = accept(hook->listening, NULL, NULL);
    char bytes[HOOK_REQUEST_MAX];
    SSL *ssl;

    if (descriptor < 0) {
        return NULL;
    }
    ssl = SSL_new(hook->context);
    if (ssl != NULL && SSL_set_fd(ssl, descriptor) == 1 && SSL_accept(ssl) == 1 &&
        SSL_read(ssl, bytes, sizeof(bytes)) > 0) {
        hook->heard = true;
        (void)SSL_write(ssl, ANSWER, sizeof(ANSWER) - 1);
        (void)SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    (void)close(descriptor);
    return NULL;
}

static void tls_hook_start(struct tls_hook *hook, const struct identity *identity, int version)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);

    *hook = (struct tls_hook){.context = SSL_CTX_new(TLS_server_method())};
    assert_non_null(hook->context);
    SSL_CTX_set_security_level(hook->context, 0);
    assert_int_equal(SSL_CTX_set_min_proto_version(hook->context, 0), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(hook->context, version), 1);
    assert_int_equal(SSL_CTX_use_certificate(hook->context, identity->certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(hook->context, identity->key), 1);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    hook->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(hook->listening, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(hook->listening, 1), 0);
    assert_int_equal(getsockname(hook->listening, (struct sockaddr *)&address, &size), 0);
    hook->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&hook->thread, NULL, tls_hook_run, hook), 0);
}

static void tls_hook_stop(struct tls_hook *hook)
{
    (void)shutdown(hook->listening, SHUT_RDWR);
    pthread_join(hook->thread, NULL);
    (void)close(hook->listening);
    SSL_CTX_free(hook->context);
}

static struct identity authority;
static struct identity stranger;

static int make_authorities(void **state)
{
    const struct identity_wish wish = {.name = "Test Authority", .authority = true};
    const struct identity_wish other = {.name = "Another Authority", .authority = true};

    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    tls_folder_make();
    identity_make(&authority, &wish);
    identity_make(&stranger, &other);
    return 0;
}

static int remove_authorities(void **state)
{
    (void)state;
    identity_finish(&authority);
    identity_finish(&stranger);
    tls_folder_remove();
    return 0;
}

/* What comes of a post to https://localhost, which shows this; `problem` NULL: 200. */
static void expect_shown(const struct identity_wish *wish, int version, const char *problem)
{
    const char *ca_file = identity_certificates("ca.pem", &authority, NULL);
    struct poster *poster = poster_of(1, ca_file);
    struct identity identity;
    struct tls_hook hook;
    struct letter letter;
    char url[HOOK_URL_SIZE];

    identity_make(&identity, wish);
    tls_hook_start(&hook, &identity, version);
    assert_true(text_format(url, sizeof(url), "https://localhost:%u/hook", hook.port));
    letter_write(&letter, url);
    letter_send(poster, &letter);
    tls_hook_stop(&hook);
    if (problem == NULL) {
        assert_string_equal(letter.post.problem, "");
        assert_int_equal(letter.post.status, 200);
    } else {
        assert_int_equal(letter.post.status, 0);
        if (strstr(letter.post.problem, problem) == NULL) {
            fail_msg("said: %s", letter.post.problem);
        }
    }
    assert_int_equal(hook.heard, problem == NULL);
    poster_gone(&poster);
    identity_finish(&identity);
}

static void a_good_certificate_is_believed(void **state)
{
    const struct identity_wish wish = {
        .name = "localhost", .alternatives = "DNS:localhost", .issuer = &authority};

    (void)state;
    expect_shown(&wish, TLS1_3_VERSION, NULL);
    expect_shown(&wish, TLS1_2_VERSION, NULL);
}

static void a_bad_certificate_gets_no_request_and_the_reason_is_told(void **state)
{
    const struct identity_wish expired = {.alternatives = "DNS:localhost",
                                          .issuer = &authority,
                                          .from_s = -2L * DAY_S,
                                          .until_s = -DAY_S};
    const struct identity_wish early = {.alternatives = "DNS:localhost",
                                        .issuer = &authority,
                                        .from_s = DAY_S,
                                        .until_s = 2L * DAY_S};
    const struct identity_wish other_name = {.alternatives = "DNS:other.example",
                                             .issuer = &authority};
    const struct identity_wish foreign = {.alternatives = "DNS:localhost", .issuer = &stranger};
    const struct identity_wish own = {.name = "localhost", .alternatives = "DNS:localhost"};

    (void)state;
    expect_shown(&expired, TLS1_3_VERSION, "expired");
    expect_shown(&early, TLS1_3_VERSION, "not valid yet");
    expect_shown(&other_name, TLS1_3_VERSION, "localhost");
    expect_shown(&foreign, TLS1_3_VERSION, "certificate");
    expect_shown(&own, TLS1_3_VERSION, "certificate");
}

static void an_old_tls_is_not_spoken(void **state)
{
    const struct identity_wish wish = {.alternatives = "DNS:localhost", .issuer = &authority};

    (void)state;
    expect_shown(&wish, TLS1_1_VERSION, "no secure connection with localhost port ");
}

static void an_endpoint_without_tls_is_told(void **state)
{
    const char *ca_file = identity_certificates("ca.pem", &authority, NULL);
    struct poster *poster = poster_of(1, ca_file);
    struct hook *hook = hook_start();
    struct letter letter;
    char url[HOOK_URL_SIZE];

    (void)state;
    letter_to(&letter, hook, "/status/200");
    letter_send(poster, &letter);
    assert_int_equal(letter.post.status, 200); /* it does answer */
    hook_stop(hook);
    hook = hook_start();
    assert_true(text_format(url, sizeof(url), "https://127.0.0.1:%u/", hook->port));
    letter_write(&letter, url);
    letter.post.limit_ms = 1000;
    letter_send(poster, &letter);
    assert_int_equal(letter.post.status, 0);
    assert_int_equal(hook->requests, 0);
    poster_gone(&poster);
    hook_stop(hook);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_certificate_is_believed),
        cmocka_unit_test(a_bad_certificate_gets_no_request_and_the_reason_is_told),
        cmocka_unit_test(an_old_tls_is_not_spoken),
        cmocka_unit_test(an_endpoint_without_tls_is_told),
    };

    return cmocka_run_group_tests(tests, make_authorities, remove_authorities);
}

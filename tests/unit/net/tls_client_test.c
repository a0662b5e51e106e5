/* Whom a client believes. */
#include "net/tls.h"

#include "unit/net/tls_pair_scene.h"

/* --- Whom a client believes ---------------------------------------------------------------------
 */

/* Both sides break; the client says `text`. */
static void assert_refused(struct tls_server *by, const char *host, const char *text)
{
    tls_pair_start(by, client, host);
    tls_settle(TLS_PIPE_SIZE);
    assert_int_equal(tls_there.state, TLS_BROKEN);
    if (strstr(tls_stream_problem(tls_there.stream), text) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", tls_stream_problem(tls_there.stream), text);
    }
    assert_int_equal(tls_stream_state(tls_here.stream), TLS_BROKEN);
    assert_non_null(strstr(tls_stream_problem(tls_here.stream), "the other side refuses: "));
    assert_int_equal(tls_here.heard_length, 0);
    tls_pair_end();
}

static void names_and_addresses_must_be_the_certificates(void **state)
{
    (void)state;
    (void)comes_back(server, "a.shop.example");
    (void)comes_back(server, "POS.example.com");
    (void)comes_back(server, "127.0.0.1");
    assert_refused(server, "evil.example",
                   "the certificate that came is for another name than evil.example");
    assert_refused(server, "a.b.shop.example", "for another name than a.b.shop.example");
    assert_refused(server, "127.0.0.2", "is for another address than 127.0.0.2");
    assert_refused(server, "::1", "is for another address than ::1");
}

static void an_unknown_authority_is_not_believed(void **state)
{
    struct identity other;

    (void)state;
    identity_make(&other, &(struct identity_wish){.name = "other"});
    tls_client_destroy(&client);
    client = tls_client_of(identity_certificates("other.pem", &other, NULL), NULL);
    assert_refused(server, "pos.example.com",
                   "the certificate of pos.example.com is signed by nobody whom this machine "
                   "knows: give the authority's certificate");
    tls_client_destroy(&client);
    client = tls_client_of(NULL, NULL); /* nor does this machine know ours */
    assert_refused(server, "pos.example.com", "is signed by nobody whom this machine knows");
    identity_finish(&other);
}

static void dates_are_looked_at(void **state)
{
    struct identity old;
    struct identity young;
    struct tls_server *by;

    (void)state;
    identity_make(&old, &(struct identity_wish){.name = "old",
                                                .alternatives = "DNS:old.example",
                                                .from_s = -3L * DAY_S,
                                                .until_s = -2L * DAY_S});
    identity_make(&young, &(struct identity_wish){
                              .name = "young", .alternatives = "DNS:y.example", .from_s = DAY_S});
    moved_ms = -60L * HOUR_MS; /* by a server's clock that goes wrong */
    by = tls_server_of(identity_certificates("old.pem", &old, NULL),
                       identity_key("old.key", &old, NULL));
    tls_client_destroy(&client);
    client = tls_client_of(tls_path("old.pem"), NULL);
    assert_refused(by, "old.example", "the certificate of old.example has expired");
    tls_server_destroy(&by);
    moved_ms = 60L * HOUR_MS;
    by = tls_server_of(identity_certificates("young.pem", &young, NULL),
                       identity_key("young.key", &young, NULL));
    tls_client_destroy(&client);
    client = tls_client_of(tls_path("young.pem"), NULL);
    assert_refused(by, "y.example", "the certificate of y.example is not valid yet");
    tls_server_destroy(&by);
    identity_finish(&old);
    identity_finish(&young);
}

static void a_pinned_key_is_enough_and_no_other_is(void **state)
{
    uint8_t pin[TLS_PIN_SIZE];

    (void)state;
    identity_pin(&shop, pin);
    tls_client_destroy(&client);
    client = tls_client_of(NULL, pin);
    assert_false(comes_back(server, "whatever.example"));
    assert_true(comes_back(server, "whatever.example"));
    pin[31] ^= 1;
    tls_client_destroy(&client);
    client = tls_client_of(NULL, pin);
    assert_refused(server, "pos.example.com",
                   "the key of pos.example.com is not the one that is expected of it");
}

static void with_an_authority_too_both_must_be_right(void **state)
{
    uint8_t pin[TLS_PIN_SIZE];

    (void)state;
    identity_pin(&shop, pin);
    tls_client_destroy(&client);
    client = tls_client_of(ca_file, pin);
    assert_false(comes_back(server, "pos.example.com"));
    assert_refused(server, "whatever.example", "for another name");
    pin[0] ^= 0x80;
    tls_client_destroy(&client);
    client = tls_client_of(ca_file, pin);
    assert_refused(server, "pos.example.com", "is not the one that is expected");
}

static void a_bad_authority_file_is_told(void **state)
{
    struct tls_client_options options = {.ca_file = tls_path("no-such.pem")};
    char problem[TLS_PROBLEM_SIZE] = "";
    struct tls_client *none = NULL;

    (void)state;
    assert_int_equal(tls_client_create(&none, &options, problem), FAIL_NOT_FOUND);
    assert_non_null(strstr(problem, "there is no such file"));
    options.ca_file = tls_path("shop.key");
    assert_int_equal(tls_client_create(&none, &options, problem), FAIL_INVALID);
    assert_non_null(strstr(problem, "holds no certificate in PEM form"));
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(names_and_addresses_must_be_the_certificates),
        EACH(an_unknown_authority_is_not_believed),
        EACH(dates_are_looked_at),
        EACH(a_pinned_key_is_enough_and_no_other_is),
        EACH(with_an_authority_too_both_must_be_right),
        EACH(a_bad_authority_file_is_told),
    };

    return cmocka_run_group_tests(tests, start, finish);
}

/* A server's certificate and key: what is taken, and what is said of the rest. */
#include "net/tls.h"

#include <pthread.h>

#include "unit/net/tls_scene.h"
#include "unit/wire/failing_memory.h"

static struct identity authority;
static struct identity shop;
static const char *certificate;
static const char *key;

static int start(void **state)
{
    (void)state;
    tls_folder_make();
    identity_make(&authority, &(struct identity_wish){.name = "Our authority", .authority = true});
    identity_make(&shop, &(struct identity_wish){.name = "shop",
                                                 .alternatives = "IP:127.0.0.1,DNS:pos.example.com,"
                                                                 "DNS:other.example.com",
                                                 .issuer = &authority});
    certificate = strdup(identity_certificates("shop.pem", &shop, &authority));
    key = strdup(identity_key("shop.key", &shop, NULL));
    return 0;
}

static int finish(void **state)
{
    (void)state;
    identity_finish(&authority);
    identity_finish(&shop);
    free((void *)(uintptr_t)certificate);
    free((void *)(uintptr_t)key);
    tls_folder_remove();
    return 0;
}

/* The sentence has `text` in it. */
static void refuses(const char *certificate_file, const char *key_file, enum fail expected,
                    const char *text)
{
    struct tls_server_options options = {certificate_file, key_file, tls_secret};
    struct tls_server *server = NULL;
    char problem[TLS_PROBLEM_SIZE] = "";

    assert_int_equal(tls_server_create(&server, &options, problem), expected);
    assert_null(server);
    if (strstr(problem, text) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", problem, text);
    }
    assert_int_equal(ERR_peek_error(), 0); /* OpenSSL's errors do not meet another's call */
}

static void a_certificate_says_whose_it_is_and_how_long(void **state)
{
    struct tls_server *server = tls_server_of(certificate, key);
    struct tls_certificate about;
    int64_t now_ms = clock_wall_ms();

    (void)state;
    tls_server_certificate(server, &about);
    assert_string_equal(about.subject, "pos.example.com");
    assert_in_range(now_ms - about.not_before_ms, DAY_S * 1000L, DAY_S * 1000L + 100000);
    assert_in_range(about.not_after_ms - now_ms, 10L * DAY_S * 1000 - 100000, 10L * DAY_S * 1000);
    tls_server_destroy(&server);
    assert_null(server);
    tls_server_destroy(&server);
}

static void without_a_dns_name_its_common_name_is_told(void **state)
{
    struct tls_certificate about;
    struct identity plain;
    struct identity nobody;
    struct tls_server *server;

    (void)state;
    identity_make(&plain, &(struct identity_wish){.name = "till 7", .alternatives = "IP:::1"});
    server = tls_server_of(identity_certificates("cn.pem", &plain, NULL),
                           identity_key("cn.key", &plain, NULL));
    tls_server_certificate(server, &about);
    assert_string_equal(about.subject, "till 7");
    tls_server_destroy(&server);
    identity_finish(&plain);
    identity_make(&nobody, &(struct identity_wish){.rsa_bits = 2048});
    server = tls_server_of(identity_certificates("cn.pem", &nobody, NULL),
                           identity_key("cn.key", &nobody, NULL));
    tls_server_certificate(server, &about);
    assert_string_equal(about.subject, "no name");
    tls_server_destroy(&server);
    identity_finish(&nobody);
}

static void a_file_that_cannot_be_read_is_named_with_the_reason(void **state)
{
    char expected[TLS_PROBLEM_SIZE];
    char *large = malloc(300 * 1024);
    const char *path = tls_path("nothing.pem");

    (void)state;
    (void)snprintf(expected, sizeof(expected),
                   "the certificate %s cannot be read: there is no such file", path);
    refuses(path, key, FAIL_NOT_FOUND, expected);
    (void)snprintf(expected, sizeof(expected), "the key %s cannot be read: there is no such file",
                   path);
    refuses(certificate, path, FAIL_NOT_FOUND, expected);
    refuses(tls_folder, key, FAIL_INVALID, "it is not a file");
    refuses(certificate, tls_folder, FAIL_INVALID, "it is not a file");
    assert_non_null(large);
    memset(large, 'x', 300 * 1024);
    large[300 * 1024 - 1] = '\0';
    refuses(tls_write("large.pem", large), key, FAIL_LIMIT, "it is too large for one");
    free(large);
    if (geteuid() != 0) { /* root may read everything */
        path = tls_write("secret.pem", "");
        assert_int_equal(chmod(path, 0), 0);
        refuses(certificate, path, FAIL_DENIED, "this user may not read it");
    }
}

static void what_is_not_pem_is_told_so(void **state)
{
    (void)state;
    refuses(tls_write("empty.pem", ""), key, FAIL_INVALID, "holds no certificate in PEM form");
    refuses(tls_write("text.pem", "hello\n"), key, FAIL_INVALID, "holds no certificate in PEM");
    refuses(key, key, FAIL_INVALID, "holds no certificate in PEM form");
    refuses(tls_write("cut.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
            key, FAIL_INVALID, "holds no certificate in PEM form");
    refuses(certificate, tls_write("empty.key", ""), FAIL_INVALID, "holds no private key in PEM");
    refuses(certificate, tls_write("text.key", "hello\n"), FAIL_INVALID, "holds no private key");
    refuses(certificate, certificate, FAIL_INVALID, "holds no private key in PEM form");
}

static void a_damaged_certificate_behind_a_good_one_is_refused(void **state)
{
    const char *path = identity_certificates("damaged.pem", &shop, NULL);
    FILE *file = fopen(path, "a");

    (void)state;
    assert_non_null(file);
    assert_true(fputs("-----BEGIN CERTIFICATE-----\nMIIB\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    refuses(path, key, FAIL_INVALID, "holds a damaged certificate");
}

static void a_key_under_a_passphrase_is_told_how_to_be_freed(void **state)
{
    const char *path = identity_key("locked.key", &shop, "swordfish");

    (void)state;
    refuses(certificate, path, FAIL_INVALID, "is under a passphrase");
    refuses(certificate, path, FAIL_INVALID, "openssl pkey -in");
}

static void a_key_of_another_certificate_is_refused(void **state)
{
    (void)state;
    refuses(certificate, identity_key("other.key", &authority, NULL), FAIL_INVALID,
            "stand in the wrong order: put the server's own first");
    refuses(identity_certificates("alone.pem", &shop, NULL),
            identity_key("other.key", &authority, NULL), FAIL_INVALID,
            "does not belong to the certificate");
}

static void dates_are_looked_at(void **state)
{
    struct identity old;
    struct identity young;

    (void)state;
    identity_make(
        &old, &(struct identity_wish){.name = "old.example", .from_s = -3L * DAY_S, .until_s = -1});
    identity_make(&young, &(struct identity_wish){.name = "young.example", .from_s = DAY_S});
    refuses(identity_certificates("old.pem", &old, NULL), identity_key("old.key", &old, NULL),
            FAIL_INVALID, "has expired at 20");
    refuses(tls_path("old.pem"), tls_path("old.key"), FAIL_INVALID,
            "the certificate of old.example in ");
    refuses(identity_certificates("young.pem", &young, NULL),
            identity_key("young.key", &young, NULL), FAIL_INVALID, "check the clock");
    identity_finish(&old);
    identity_finish(&young);
}

static void a_weak_certificate_is_refused(void **state)
{
    struct identity small;
    struct identity sha1;

    (void)state;
    identity_make(&small, &(struct identity_wish){.name = "small", .rsa_bits = 1024});
    identity_make(
        &sha1, &(struct identity_wish){.name = "sha1", .issuer = &authority, .digest = EVP_sha1()});
    refuses(identity_certificates("small.pem", &small, NULL),
            identity_key("small.key", &small, NULL), FAIL_INVALID, "at least 2048 bits");
    refuses(identity_certificates("sha1.pem", &sha1, NULL), identity_key("sha1.key", &sha1, NULL),
            FAIL_INVALID, "SHA-256 or better is needed");
    identity_finish(&small);
    identity_finish(&sha1);
}

static void hear_cipher(void *context, struct slice bytes)
{
    (void)context;
    (void)bytes;
}

static void hear_plain(void *context, char *bytes, size_t length)
{
    (void)context;
    (void)bytes;
    (void)length;
}

static const struct tls_stream_events nobody_hears = {.on_cipher = hear_cipher,
                                                      .on_plain = hear_plain};

/* What a client is shown: the certificate of `expected`. */
static void shows(struct tls_server *server, const struct identity *expected)
{
    uint8_t pin[TLS_PIN_SIZE];
    struct tls_client *client;

    identity_pin(expected, pin);
    client = tls_client_of(NULL, pin);
    tls_pair_open(server, client, "pos.example.com");
    tls_pair_end();
    tls_client_destroy(&client);
}

static void a_new_certificate_is_shown_from_the_reload_on(void **state)
{
    const char *changing = strdup(identity_certificates("changing.pem", &shop, NULL));
    const char *changing_key = strdup(identity_key("changing.key", &shop, NULL));
    struct tls_server *server = tls_server_of(changing, changing_key);
    char problem[TLS_PROBLEM_SIZE];
    struct tls_certificate about;
    struct identity next;
    struct tls_stream *earlier;

    (void)state;
    shows(server, &shop);
    assert_int_equal(
        tls_stream_create(
            &earlier, &(struct tls_stream_options){.server = server, .events = &tls_side_events}),
        FAIL_NONE);
    identity_make(&next,
                  &(struct identity_wish){.name = "next", .alternatives = "DNS:new.example"});
    (void)identity_certificates("changing.pem", &next, NULL);

    assert_int_equal(tls_server_reload(server, problem), FAIL_INVALID); /* the key is the old one */
    assert_non_null(strstr(problem, "does not belong to the certificate"));
    shows(server, &shop);
    tls_server_certificate(server, &about);
    assert_string_equal(about.subject, "pos.example.com");

    (void)identity_key("changing.key", &next, NULL);
    assert_int_equal(tls_server_reload(server, problem), FAIL_NONE);
    shows(server, &next);
    tls_server_certificate(server, &about);
    assert_string_equal(about.subject, "new.example");
    tls_stream_free(&earlier); /* it still had the old one */
    tls_server_destroy(&server);
    identity_finish(&next);
    free((void *)(uintptr_t)changing);
    free((void *)(uintptr_t)changing_key);
}

enum { VISITORS = 3, VISITS = 40 };

static void *visit(void *argument)
{
    struct tls_server *of = argument;
    int i;

    for (i = 0; i < VISITS; i++) {
        struct tls_certificate about;
        struct tls_stream *stream;
        static const char HELLO[] = "\x16\3\1\0\4what";
        char room[1024];

        tls_server_certificate(of, &about);
        if (strcmp(about.subject, "pos.example.com") != 0 ||
            tls_stream_create(&stream, &(struct tls_stream_options){
                                           .server = of, .events = &nobody_hears}) != FAIL_NONE) {
            return argument;
        }
        (void)tls_stream_take(stream, slice_make(HELLO, 9), room, sizeof(room));
        tls_stream_free(&stream);
    }
    return NULL;
}

static void it_may_be_read_again_while_others_connect(void **state)
{
    struct tls_server *server = tls_server_of(certificate, key);
    char problem[TLS_PROBLEM_SIZE];
    pthread_t threads[VISITORS];
    void *trouble = NULL;
    int i;

    (void)state;
    for (i = 0; i < VISITORS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, visit, server), 0);
    }
    for (i = 0; i < VISITS / 2; i++) {
        assert_int_equal(tls_server_reload(server, problem), FAIL_NONE);
    }
    for (i = 0; i < VISITORS; i++) {
        void *result;

        assert_int_equal(pthread_join(threads[i], &result), 0);
        trouble = result != NULL ? result : trouble;
    }
    assert_null(trouble);
    tls_server_destroy(&server);
}

static void the_whole_chain_is_shown(void **state)
{
    struct tls_server *server = tls_server_of(certificate, key);
    struct identity middle;
    struct identity leaf;
    struct tls_client *client;
    const char *chain;

    (void)state;
    tls_server_destroy(&server);
    identity_make(&middle, &(struct identity_wish){
                               .name = "Between", .issuer = &authority, .authority = true});
    identity_make(&leaf, &(struct identity_wish){.name = "leaf",
                                                 .alternatives = "DNS:leaf.example",
                                                 .issuer = &middle});
    chain = identity_certificates("chain.pem", &leaf, &middle);
    server = tls_server_of(chain, identity_key("leaf.key", &leaf, NULL));
    client = tls_client_of(identity_certificates("root.pem", &authority, NULL), NULL);
    tls_pair_open(server, client, "leaf.example");
    tls_pair_end();
    tls_client_destroy(&client);
    tls_server_destroy(&server);
    identity_finish(&middle);
    identity_finish(&leaf);
}

/* OpenSSL itself allocates too, so that these are some hundred. */
static void without_memory_nothing_is_made_and_nothing_lost(void **state)
{
    struct tls_server_options options = {certificate, key, tls_secret};
    struct tls_server *server = tls_server_of(certificate, key);
    char problem[TLS_PROBLEM_SIZE] = "";
    bool failed = true;
    size_t successes;

    (void)state;
    for (successes = 0; failed; successes++) {
        struct tls_server *another = NULL;
        enum fail fail;

        problem[0] = '\0';
        failing_memory_start(successes);
        fail = tls_server_create(&another, &options, problem);
        failing_memory_stop();
        failed = failing_memory_asked > successes;
        assert_true(failed || fail == FAIL_NONE);
        assert_true((fail == FAIL_NONE) == (another != NULL));
        assert_true(fail == FAIL_NONE || problem[0] != '\0');
        tls_server_destroy(&another);
    }
    assert_true(successes > 20);
    failing_memory_start(0);
    assert_int_equal(tls_server_reload(server, problem), FAIL_MEMORY);
    failing_memory_stop();
    shows(server, &shop);
    tls_server_destroy(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_says_whose_it_is_and_how_long),
        cmocka_unit_test(without_a_dns_name_its_common_name_is_told),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named_with_the_reason),
        cmocka_unit_test(what_is_not_pem_is_told_so),
        cmocka_unit_test(a_damaged_certificate_behind_a_good_one_is_refused),
        cmocka_unit_test(a_key_under_a_passphrase_is_told_how_to_be_freed),
        cmocka_unit_test(a_key_of_another_certificate_is_refused),
        cmocka_unit_test(dates_are_looked_at),
        cmocka_unit_test(a_weak_certificate_is_refused),
        cmocka_unit_test(a_new_certificate_is_shown_from_the_reload_on),
        cmocka_unit_test(it_may_be_read_again_while_others_connect),
        cmocka_unit_test(the_whole_chain_is_shown),
        cmocka_unit_test(without_memory_nothing_is_made_and_nothing_lost),
    };

    return cmocka_run_group_tests(tests, start, finish);
}

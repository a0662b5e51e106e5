/* From texts to the options of a server: each form, each refusal, and what
 * contradicts. */
#include "unit/server/config_scene.h"

#define L16 "aaaaaaaaaaaaaaaa"
#define L64 L16 L16 L16 L16

enum { LIST_SIZE = 4096 };

/* The one option with that text, in a good configuration otherwise, gives that. */
static void says(const char *option, const char *text, const char *expected)
{
    struct scene *scene = scene_make();

    scene_set(scene, option, text);
    scene_read(scene);
    assert_string_equal(scene->problems, expected);
    assert_string_equal(scene->warnings, "");
    free(scene);
}

static void a_good_configuration_becomes_options(void **state)
{
    struct scene *scene = scene_make();
    const struct server_options *server = &scene->config.server;

    (void)state;
    scene_read(scene);
    assert_string_equal(scene->problems, "");
    assert_string_equal(scene->config.data, "/");
    assert_string_equal(server->address.host, "127.0.0.1");
    assert_int_equal(server->address.port, 8080);
    assert_true(scene->config.listens);
    assert_true(server->expose);
    assert_false(server->loopback_hosts_only);
    assert_false(server->has_operations);
    assert_false(scene->config.plain);
    assert_null(server->tls_certificate_file);
    assert_null(server->tls_key_file);
    assert_int_equal(server->trusted_count, 0);
    assert_int_equal(server->origin_count, 0);
    assert_null(server->data);
    assert_int_equal(server->gate.terminals_max, 100);
    assert_int_equal(server->gate.strangers_max, 50);
    assert_int_equal(server->gate.address_max, 40);
    assert_int_equal(server->gate.address_per_minute, 30);
    assert_int_equal(server->gate.address_known_times, GATE_USUAL.address_known_times);
    assert_int_equal(server->hub.heartbeat_ms, 20000);
    assert_int_equal(server->hub.silence_ms, 15000);
    assert_int_equal(server->hub.half_open_s, 21);
    assert_int_equal(server->drain_ms, 10000);
    assert_int_equal(server->rate.concurrent, 100);
    assert_int_equal(server->rate.minute, 6000);
    assert_int_equal(server->rate.hour, 100000);
    assert_int_equal(server->credential_life_ms, 365LL * 24 * 60 * 60 * 1000);
    free(scene);
}

static void each_number_has_its_limits(void **state)
{
    static const struct {
        const char *option;
        const char *least;
        const char *below; /* NULL: the least is 0 */
        const char *most;
        const char *above;
        const char *words;
    } NUMBERS[] = {
        {"terminals-max", "1", "0", "1000000", "1000001", "1 to 1000000"},
        {"connections-max", "1", "0", "1000000", "1000001", "1 to 1000000"},
        {"connections-per-address", "1", "0", "1000000", "1000001", "1 to 1000000"},
        {"new-connections-per-minute", "1", "0", "1000000", "1000001", "1 to 1000000"},
        {"heartbeat", "1", "0", "3600", "3601", "1 to 3600 seconds"},
        {"heartbeat-answer", "1", "0", "600", "601", "1 to 600 seconds"},
        {"half-open", "0", NULL, "3600", "3601", "0 to 3600 seconds"},
        {"drain", "0", NULL, "600", "601", "0 to 600 seconds"},
        {"credential-days", "0", NULL, "36500", "36501", "0 to 36500 days"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(NUMBERS) / sizeof(NUMBERS[0]); i++) {
        const char *const wrong[] = {NUMBERS[i].below,
                                     NUMBERS[i].above,
                                     "",
                                     "ten",
                                     "-1",
                                     "+1",
                                     " 1",
                                     "1.5",
                                     "99999999999999999999",
                                     "0x10"};
        size_t j;

        says(NUMBERS[i].option, NUMBERS[i].least, "");
        says(NUMBERS[i].option, NUMBERS[i].most, "");
        for (j = 0; j < sizeof(wrong) / sizeof(wrong[0]); j++) {
            char expected[FOLDER_PATH_SIZE];

            if (wrong[j] != NULL) {
                assert_true(text_format(expected, sizeof(expected),
                                        "%s: it must be a whole number from %s, not '%s'\n",
                                        NUMBERS[i].option, NUMBERS[i].words, wrong[j]));
                says(NUMBERS[i].option, wrong[j], expected);
            }
        }
    }
}

static void the_least_and_most_arrive_where_they_belong(void **state)
{
    struct scene *scene = scene_make();

    (void)state;
    scene_set(scene, "half-open", "0");
    scene_set(scene, "drain", "0");
    scene_set(scene, "credential-days", "36500");
    scene_set(scene, "heartbeat", "3600");
    scene_set(scene, "heartbeat-answer", "600");
    scene_read(scene);
    assert_int_equal(scene->config.server.hub.half_open_s, 0);
    assert_int_equal(scene->config.server.drain_ms, 0);
    assert_int_equal(scene->config.server.credential_life_ms, 36500LL * 86400000);
    assert_int_equal(scene->config.server.hub.heartbeat_ms, 3600000);
    assert_int_equal(scene->config.server.hub.silence_ms, 600000);
    free(scene);
}

#define RATE                                                                                       \
    "rate-limits: it must be off, or three numbers for calls at once, a minute and an hour, like " \
    "100,6000,100000 (0: no limit of that kind), not '"

static void rate_limits_are_three_numbers_or_off(void **state)
{
    struct scene *scene = scene_make();

    (void)state;
    scene_set(scene, "rate-limits", "off");
    scene_read(scene);
    assert_string_equal(scene->problems, "");
    assert_memory_equal(&scene->config.server.rate, &RATE_OFF, sizeof(RATE_OFF));
    scene_set(scene, "rate-limits", "1, 0 ,4294967295");
    scene_read(scene);
    assert_string_equal(scene->problems, "");
    assert_int_equal(scene->config.server.rate.concurrent, 1);
    assert_int_equal(scene->config.server.rate.minute, 0);
    assert_int_equal(scene->config.server.rate.hour, UINT32_MAX);
    free(scene);
    says("rate-limits", "", RATE "'\n");
    says("rate-limits", "on", RATE "on'\n");
    says("rate-limits", "1,2", RATE "1,2'\n");
    says("rate-limits", "1,2,", RATE "1,2,'\n");
    says("rate-limits", "1,2,3,4", RATE "1,2,3,4'\n");
    says("rate-limits", "1,2,4294967296", RATE "1,2,4294967296'\n");
    says("rate-limits", "1,-2,3", RATE "1,-2,3'\n");
}

static void a_port_alone_listens_everywhere_but_for_operations_on_this_machine(void **state)
{
    struct scene *scene = scene_make();

    (void)state;
    scene_set(scene, "listen", "8443");
    scene_set(scene, "operations-listen", "9090");
    scene_read(scene);
    assert_string_equal(scene->problems, "");
    assert_string_equal(scene->config.server.address.host, "");
    assert_int_equal(scene->config.server.address.port, 8443);
    assert_true(scene->config.server.has_operations);
    assert_string_equal(scene->config.server.operations.host, "127.0.0.1");
    assert_int_equal(scene->config.server.operations.port, 9090);
    scene_set(scene, "listen", "[::1]:0");
    scene_set(scene, "operations-listen", "10.0.0.1:0");
    scene_read(scene);
    assert_string_equal(scene->problems, "");
    assert_string_equal(scene->config.server.address.host, "::1");
    assert_string_equal(scene->config.server.operations.host, "10.0.0.1");
    free(scene);
    says("listen", "127.0.0.1:99999",
         "listen: the port must be a number of at most 65535, not '127.0.0.1:99999'\n");
    says("operations-listen", "x:y",
         "operations-listen: the port must be a number of at most 65535, not 'x:y'\n");
}

#define SAME                                                                                       \
    "operations-listen: it is the same address as that of --listen: choose another port, or "      \
    "leave it out (then both are answered there)\n"

static void operations_need_an_address_of_their_own(void **state)
{
    static const struct {
        const char *listen;
        const char *operations;
        bool same;
    } PAIRS[] = {
        {"127.0.0.1:80", "127.0.0.1:80", true},  {"80", "127.0.0.1:80", true},
        {"0.0.0.0:80", "10.0.0.1:80", true},     {"[::]:80", "80", true},
        {"10.0.0.1:80", "0.0.0.0:80", true},     {"10.0.0.1:80", "[::]:80", true},
        {"127.0.0.1:80", "127.0.0.2:80", false}, {"127.0.0.1:80", "127.0.0.1:81", false},
        {"127.0.0.1:0", "127.0.0.1:0", false},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(PAIRS) / sizeof(PAIRS[0]); i++) {
        struct scene *scene = scene_make();

        scene_set(scene, "listen", PAIRS[i].listen);
        scene_set(scene, "operations-listen", PAIRS[i].operations);
        scene_read(scene);
        assert_string_equal(scene->problems, PAIRS[i].same ? SAME : "");
        free(scene);
    }
}

static void proxies_are_addresses_and_networks(void **state)
{
    struct scene *scene = scene_make();
    struct address address;

    (void)state;
    scene_set(scene, "trust-proxy", "192.0.2.1, 10.0.0.0/8,2001:db8::/32");
    scene_read(scene);
    assert_string_equal(scene->problems, "");
    assert_int_equal(scene->config.server.trusted_count, 3);
    assert_ptr_equal(scene->config.server.trusted, scene->config.trusted);
    assert_true(address_read(slice_of("10.1.2.3"), &address));
    assert_true(address_range_holds(&scene->config.server.trusted[1], &address));
    assert_false(address_range_holds(&scene->config.server.trusted[0], &address));
    free(scene);
#define NO_ADDRESS(word)                                                                           \
    "trust-proxy: '" word "' is no address like 192.0.2.1 and no network like 192.0.2.0/24\n"
    says("trust-proxy", "", NO_ADDRESS(""));
    says("trust-proxy", "proxy,10.0.0.0/33,,1.2.3.4",
         NO_ADDRESS("proxy") NO_ADDRESS("10.0.0.0/33") NO_ADDRESS(""));
}

/* `count` times the text, with commas. */
static void repeat(const char *text, unsigned count, char out[LIST_SIZE])
{
    size_t length = 0;
    unsigned i;

    for (i = 0; i < count; i++) {
        assert_true(text_format(out + length, LIST_SIZE - length, "%s%s", i == 0 ? "" : ",", text));
        length = strlen(out);
    }
}

static void lists_have_limits(void **state)
{
    char list[LIST_SIZE];

    (void)state;
    repeat("10.0.0.1", CONFIG_TRUSTED_MAX, list);
    says("trust-proxy", list, "");
    repeat("10.0.0.1", CONFIG_TRUSTED_MAX + 1, list);
    says("trust-proxy", list,
         "trust-proxy: there are more than 64 addresses: name networks instead\n");
    repeat("https://a.example", CONFIG_ORIGINS_MAX, list);
    says("origin", list, "");
    repeat("https://a.example", CONFIG_ORIGINS_MAX + 1, list);
    says("origin", list, "origin: there are more than 32 origins\n");
}

static void origins_are_written_as_browsers_send_them(void **state)
{
    struct scene *scene = scene_make();
    const char *const *origins = scene->config.origins;

    (void)state;
    scene_set(scene, "origin",
              "https://Till.Example.com , http://10.0.0.1:8080,https://till.example.com:443/,"
              "https://[2001:db8::1]:8443");
    scene_read(scene);
    assert_string_equal(scene->problems, "");
    assert_int_equal(scene->config.server.origin_count, 4);
    assert_ptr_equal(scene->config.server.origins, origins);
    assert_string_equal(origins[0], "https://till.example.com");
    assert_string_equal(origins[1], "http://10.0.0.1:8080");
    assert_string_equal(origins[2], "https://till.example.com");
    assert_string_equal(origins[3], "https://[2001:db8::1]:8443");
    free(scene);
    says("origin", "till.example.com",
         "origin: an origin starts with http:// or https://, not 'till.example.com'\n");
    says("origin", "wss://till.example.com",
         "origin: an origin starts with http:// or https://, not 'wss://till.example.com'\n");
    says("origin", "https://a/b,https://a b,*",
         "origin: an origin has no path: only the scheme, the host and the port, not "
         "'https://a/b'\n"
         "origin: the address must not have blanks or control characters, not 'https://a b'\n"
         "origin: an origin starts with http:// or https://, not '*'\n");
}

static void certificate_and_key_belong_together(void **state)
{
    struct scene *scene = scene_make();

    (void)state;
    scene_set(scene, "tls-cert", "c.pem");
    scene_read(scene);
    assert_string_equal(scene->problems,
                        "tls-cert: it needs --tls-key, the file with the certificate's key\n");
    assert_null(scene->config.server.tls_certificate_file);
    scene_set(scene, "tls-key", "k.pem");
    scene_read(scene);
    assert_string_equal(scene->problems, "");
    assert_string_equal(scene->config.server.tls_certificate_file, "c.pem");
    assert_string_equal(scene->config.server.tls_key_file, "k.pem");
    scene_set(scene, "plain", "true");
    scene_read(scene);
    assert_string_equal(scene->problems,
                        "plain: it contradicts --tls-cert: a listener is TLS or plain\n");
    scene_set(scene, "plain", "false");
    scene_read(scene);
    assert_string_equal(scene->problems, "");
    assert_false(scene->config.plain);
    free(scene);
    says("tls-key", "k.pem", "tls-key: it needs --tls-cert, the file with the key's certificate\n");
    says("plain", "true", "");
}

static void the_data_directory_has_a_name(void **state)
{
    char name[DATA_PATH_SIZE];

    (void)state;
    says("data", "", "data: it must name a directory\n");
    memset(name, 'x', sizeof(name));
    name[DATA_PATH_SIZE / 2] = '\0';
    says("data", name, "");
    name[DATA_PATH_SIZE / 2] = 'x';
    name[DATA_PATH_SIZE / 2 + 1] = '\0';
    says("data", name, "data: the name of the directory is too long\n");
}

static void everything_that_is_wrong_is_named(void **state)
{
    struct scene *scene = scene_make();

    (void)state;
    scene_set(scene, "listen", "x:");
    scene_set(scene, "drain", "long");
    scene_set(scene, "origin", "here");
    scene_set(scene, "tls-key", "k");
    scene_read(scene);
    assert_non_null(strstr(scene->problems, "listen: "));
    assert_non_null(strstr(scene->problems, "drain: "));
    assert_non_null(strstr(scene->problems, "origin: "));
    assert_non_null(strstr(scene->problems, "tls-key: "));
    assert_false(scene->config.listens);
    free(scene);
}

static void what_is_missing_is_left_to_whoever_has_the_texts(void **state)
{
    struct scene *scene = scene_make();

    (void)state;
    scene_set(scene, "data", NULL);
    scene_set(scene, "listen", NULL);
    scene_read(scene);
    assert_string_equal(scene->problems, "");
    assert_null(scene->config.data);
    assert_false(scene->config.listens);
    free(scene);
}

static void a_long_value_is_shown_cut(void **state)
{
    (void)state;
    says("drain", L64,
         "drain: it must be a whole number from 0 to 600 seconds, not "
         "'" L16 L16 L16 "aaaaaaaaaaaa'\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_configuration_becomes_options),
        cmocka_unit_test(each_number_has_its_limits),
        cmocka_unit_test(the_least_and_most_arrive_where_they_belong),
        cmocka_unit_test(rate_limits_are_three_numbers_or_off),
        cmocka_unit_test(a_port_alone_listens_everywhere_but_for_operations_on_this_machine),
        cmocka_unit_test(operations_need_an_address_of_their_own),
        cmocka_unit_test(proxies_are_addresses_and_networks),
        cmocka_unit_test(lists_have_limits),
        cmocka_unit_test(origins_are_written_as_browsers_send_them),
        cmocka_unit_test(certificate_and_key_belong_together),
        cmocka_unit_test(the_data_directory_has_a_name),
        cmocka_unit_test(everything_that_is_wrong_is_named),
        cmocka_unit_test(what_is_missing_is_left_to_whoever_has_the_texts),
        cmocka_unit_test(a_long_value_is_shown_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A configuration against the world: addresses, certificates, the directory,
 * open files. */
#include "unit/server/config_scene.h"

#include <sys/resource.h>

#include "base/clock.h"
#include "base/id.h"
#include "unit/server/certificate.h"

static struct scene *scene_in(const struct folder *folder)
{
    struct scene *scene = scene_make();

    scene_set(scene, "data", folder->path);
    return scene;
}

static void assert_said(const char *said, const char *words)
{
    if (strstr(said, words) == NULL) {
        print_error("'%s' is not in '%s'\n", words, said);
        assert_true(false);
    }
}

static void a_good_configuration_is_described(void **state)
{
    struct folder *folder = folder_make();
    struct scene *scene = scene_in(folder);
    char expected[SCENE_SAID_SIZE];
    struct buf out;

    (void)state;
    scene_check(scene);
    assert_string_equal(scene->problems, "");
    assert_string_equal(scene->warnings, "");
    assert_true(scene->config.files_allowed >= 406);
    assert_int_equal(config_files_needed(&scene->config.server.gate), 406);
    buf_init(&out, SCENE_SAID_SIZE);
    config_describe(&scene->config, &out);
    buf_byte(&out, '\0');
    assert_true(text_format(
        expected, sizeof(expected),
        "  listens on   127.0.0.1, port 8080, without TLS\n"
        "  data         %s: empty, the first start makes a database\n"
        "  terminals    at most 100, and 50 other connections\n"
        "  open files   406 are needed at most, %zu are allowed\n"
        "  rate limits  of a business: 100 calls at once, 6000 a minute, 100000 an hour\n",
        folder->path, scene->config.files_allowed));
    assert_string_equal(out.bytes, expected);
    buf_finish(&out);
    free(scene);
    folder_remove(folder);
}

static void a_fuller_one_is_described_in_full(void **state)
{
    struct folder *folder = folder_make();
    struct scene *scene = scene_in(folder);
    char expected[SCENE_SAID_SIZE];
    char certificate[FOLDER_PATH_SIZE];
    char key[FOLDER_PATH_SIZE];
    char date[CLOCK_UTC_SIZE];
    struct buf out;

    (void)state;
    certificate_make(folder, "c", 90);
    folder_path(folder, "c.pem", certificate);
    folder_path(folder, "c.key", key);
    folder_write(folder, "tillwire.db", "");
    scene_set(scene, "tls-cert", certificate);
    scene_set(scene, "tls-key", key);
    scene_set(scene, "listen", "[::1]:0");
    scene_set(scene, "operations-listen", "9090");
    scene_set(scene, "trust-proxy", "10.0.0.1,10.0.0.2");
    scene_set(scene, "rate-limits", "0,60,0");
    scene_check(scene);
    assert_string_equal(scene->problems, "");
    assert_string_equal(scene->warnings, "");
    clock_utc_text(scene->config.certificate.not_after_ms, date);
    buf_init(&out, SCENE_SAID_SIZE);
    config_describe(&scene->config, &out);
    buf_byte(&out, '\0');
    assert_true(text_format(
        expected, sizeof(expected),
        "  listens on   [::1], any free port, by TLS as pos.example.com until %.10s\n"
        "  operations   127.0.0.1, port 9090, without TLS\n"
        "  proxies      2 addresses or networks may say for whom they speak\n"
        "  data         %s\n"
        "  terminals    at most 100, and 50 other connections\n"
        "  open files   406 are needed at most, %zu are allowed\n"
        "  rate limits  of a business: 0 calls at once, 60 a minute, 0 an hour (0: no limit)\n",
        date, folder->path, scene->config.files_allowed));
    assert_string_equal(out.bytes, expected);
    buf_finish(&out);
    free(scene);
    folder_remove(folder);
}

#define EXPOSED                                                                                    \
    " can be reached from other machines, and without TLS whoever is on the way can read and "     \
    "change everything: give --tls-cert and --tls-key, or say --plain where a proxy in front "     \
    "does TLS\n"

static void plain_http_beyond_this_machine_must_be_meant(void **state)
{
    static const struct {
        const char *listen;
        const char *problem;
    } ADDRESSES[] = {
        {"127.0.0.1:0", ""},
        {"127.8.8.8:0", ""},
        {"[::1]:0", ""},
        {"localhost:0", ""},
        {"0", "listen: every address" EXPOSED},
        {"0.0.0.0:0", "listen: 0.0.0.0" EXPOSED},
        {"[::]:0", "listen: ::" EXPOSED},
        {"192.0.2.1:0", "listen: 192.0.2.1" EXPOSED},
        {"[2001:db8::1]:0", "listen: 2001:db8::1" EXPOSED},
        {"no-such-host.invalid:0",
         "listen: nobody knows an address of 'no-such-host.invalid': give the address itself\n"},
    };
    struct folder *folder = folder_make();
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(ADDRESSES) / sizeof(ADDRESSES[0]); i++) {
        struct scene *scene = scene_in(folder);

        scene_set(scene, "listen", ADDRESSES[i].listen);
        scene_check(scene);
        assert_string_equal(scene->problems, ADDRESSES[i].problem);
        scene_set(scene, "plain", "true");
        scene_check(scene);
        assert_string_equal(scene->problems, strstr(ADDRESSES[i].problem, "nobody") != NULL
                                                 ? ADDRESSES[i].problem
                                                 : "");
        free(scene);
    }
    folder_remove(folder);
}

static void operations_beyond_this_machine_are_doubtful(void **state)
{
    struct folder *folder = folder_make();
    struct scene *scene = scene_in(folder);

    (void)state;
    scene_set(scene, "operations-listen", "192.0.2.1:9090");
    scene_check(scene);
    assert_string_equal(scene->problems, "");
    assert_string_equal(scene->warnings,
                        "operations-listen: 192.0.2.1 can be reached from other machines, without "
                        "TLS and by anybody: see to it that only your monitoring can\n");
    scene_set(scene, "operations-listen", "no-such-host.invalid:9090");
    scene_check(scene);
    assert_string_equal(
        scene->problems,
        "operations-listen: nobody knows an address of 'no-such-host.invalid': give the address "
        "itself\n");
    free(scene);
    folder_remove(folder);
}

static void certificates_are_loaded(void **state)
{
    struct folder *folder = folder_make();
    struct scene *scene = scene_in(folder);
    char certificate[FOLDER_PATH_SIZE];
    char key[FOLDER_PATH_SIZE];
    char other[FOLDER_PATH_SIZE];

    (void)state;
    certificate_make(folder, "good", 14);
    certificate_make(folder, "other", 14);
    folder_path(folder, "good.pem", certificate);
    folder_path(folder, "good.key", key);
    folder_path(folder, "other.key", other);
    scene_set(scene, "tls-cert", certificate);
    scene_set(scene, "tls-key", key);
    scene_set(scene, "listen", "0.0.0.0:0"); /* with TLS it may be reached */
    scene_check(scene);
    assert_string_equal(scene->problems, "");
    assert_string_equal(scene->warnings, "");
    assert_string_equal(scene->config.certificate.subject, "pos.example.com");
    scene_set(scene, "tls-key", other);
    scene_check(scene);
    assert_said(scene->problems, "tls-cert: ");
    assert_said(scene->problems, other);
    scene_set(scene, "tls-key", key);
    scene_set(scene, "tls-cert", "/no/such/file.pem");
    scene_check(scene);
    assert_said(scene->problems, "tls-cert: ");
    assert_said(scene->problems, "/no/such/file.pem");
    free(scene);
    folder_remove(folder);
}

static void a_certificate_that_ends_soon_is_a_warning(void **state)
{
    struct folder *folder = folder_make();
    struct scene *scene = scene_in(folder);
    char certificate[FOLDER_PATH_SIZE];
    char key[FOLDER_PATH_SIZE];

    (void)state;
    certificate_make(folder, "soon", 13);
    folder_path(folder, "soon.pem", certificate);
    folder_path(folder, "soon.key", key);
    scene_set(scene, "tls-cert", certificate);
    scene_set(scene, "tls-key", key);
    scene_check(scene);
    assert_string_equal(scene->problems, "");
    assert_said(scene->warnings, "tls-cert: the certificate of pos.example.com ends on 20");
    assert_said(scene->warnings, ", in 13 days: renew it, and send SIGHUP\n");
    folder_unlink(folder, "soon.pem");
    folder_unlink(folder, "soon.key");
    certificate_make(folder, "soon", -1); /* since twelve hours ago */
    scene_check(scene);
    assert_said(scene->problems, "expired");
    free(scene);
    folder_remove(folder);
}

static void a_proxy_in_front_of_tls_is_doubtful(void **state)
{
    struct folder *folder = folder_make();
    struct scene *scene = scene_in(folder);
    char certificate[FOLDER_PATH_SIZE];
    char key[FOLDER_PATH_SIZE];

    (void)state;
    certificate_make(folder, "c", 90);
    folder_path(folder, "c.pem", certificate);
    folder_path(folder, "c.key", key);
    scene_set(scene, "tls-cert", certificate);
    scene_set(scene, "tls-key", key);
    scene_set(scene, "trust-proxy", "10.0.0.1");
    scene_check(scene);
    assert_string_equal(scene->warnings, ""); /* a proxy on this machine */
    scene_set(scene, "listen", "0.0.0.0:0");
    scene_check(scene);
    assert_string_equal(scene->problems, "");
    assert_said(scene->warnings, "trust-proxy: TLS ends here, so a proxy in front must encrypt");
    free(scene);
    folder_remove(folder);
}

/* --- The data directory ---------------------------------------------------------- */

static void the_directory_must_be_there_and_be_one(void **state)
{
    struct folder *folder = folder_make();
    struct scene *scene = scene_in(folder);
    char path[FOLDER_PATH_SIZE];
    char below[FOLDER_PATH_SIZE];

    (void)state;
    folder_path(folder, "none", path);
    scene_set(scene, "data", path);
    scene_check(scene);
    assert_said(scene->problems, "none is not there: make it, for this user alone (mkdir -m 700)");
    assert_int_not_equal(access(path, F_OK), 0); /* it makes nothing */
    folder_write(folder, "file", "x");
    folder_path(folder, "file", path);
    scene_set(scene, "data", path);
    scene_check(scene);
    assert_said(scene->problems, "/file is no directory\n");
    folder_path(folder, "file/below", below);
    scene_set(scene, "data", below);
    scene_check(scene);
    assert_said(scene->problems, "/file/below cannot be looked at: Not a directory\n");
    free(scene);
    folder_remove(folder);
}

static void nobody_else_may_look_into_it(void **state)
{
    struct folder *folder = folder_make();
    struct scene *scene = scene_in(folder);
    mode_t mode;

    (void)state;
    for (mode = 0701; mode <= 0704; mode++) {
        assert_int_equal(chmod(folder->path, mode), 0);
        scene_check(scene);
        assert_said(scene->problems, "data: everybody may look into ");
        assert_said(scene->problems, "chmod o-rwx");
    }
    assert_int_equal(chmod(folder->path, 0770), 0);
    scene_check(scene);
    assert_string_equal(scene->problems, "");
    free(scene);
    folder_remove(folder);
}

static void the_user_must_be_able_to_write_in_it(void **state)
{
    struct folder *folder = folder_make();
    struct scene *scene = scene_in(folder);
    uid_t me = geteuid();

    (void)state;
    if (me == 0) {
        assert_int_equal(chmod(folder->path, 0705), 0); /* to look into is not enough */
        assert_int_equal(seteuid(65534), 0);            /* root may write anywhere */
    } else {
        assert_int_equal(chmod(folder->path, 0500), 0);
    }
    scene_check(scene);
    if (me == 0) {
        assert_int_equal(seteuid(0), 0);
    } else {
        assert_int_equal(chmod(folder->path, 0700), 0);
    }
    assert_said(scene->problems, "data: this user (number ");
    assert_said(scene->problems, "may not write in ");
    free(scene);
    folder_remove(folder);
}

static void the_user_must_be_able_to_use_its_files(void **state)
{
    struct folder *folder = folder_make();
    struct scene *scene = scene_in(folder);
    uid_t me = geteuid();
    char path[FOLDER_PATH_SIZE];

    (void)state;
    folder_write(folder, "tillwire.db", "");
    folder_write(folder, "pin.key", "");
    folder_path(folder, "pin.key", path);
    assert_int_equal(chmod(path, 0), 0);
    if (me == 0) {
        assert_int_equal(chown(folder->path, 65534, 65534), 0);
        assert_int_equal(seteuid(65534), 0); /* root may read anything */
    }
    scene_check(scene);
    if (me == 0) {
        assert_int_equal(seteuid(0), 0);
        assert_said(scene->problems, "/tillwire.db: give it to that user");
    }
    assert_said(scene->problems, "may not read and write ");
    assert_said(scene->problems, "/pin.key: give it to that user (chown, chmod 600)");
    free(scene);
    folder_remove(folder);
}

static void the_demo_is_no_shop(void **state)
{
    struct folder *folder = folder_make();
    struct scene *scene = scene_in(folder);

    (void)state;
    folder_write(folder, "dev.json", "{}");
    scene_check(scene);
    assert_string_equal(scene->problems, "");
    assert_said(scene->warnings, "was made by 'tillwire dev'");
    free(scene);
    folder_remove(folder);
}

/* --- Open files ------------------------------------------------------------------ */

static void too_few_open_files_are_told_in_numbers(void **state)
{
    struct folder *folder = folder_make();
    struct scene *scene = scene_in(folder);
    struct rlimit before;
    struct rlimit few;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = (struct rlimit){.rlim_cur = 100, .rlim_max = 406};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0); /* for good: run last */
    scene_check(scene);
    assert_string_equal(scene->problems, ""); /* exactly as many as it needs */
    assert_int_equal(scene->config.files_allowed, 406);
    scene_set(scene, "terminals-max", "101");
    scene_check(scene);
    assert_string_equal(
        scene->problems,
        "terminals-max: 101 terminals and 50 other connections need 407 open files, and this "
        "process may have 406: raise that (LimitNOFILE=407 in the service's unit, ulimit -n 407 "
        "in a shell), or lower --terminals-max or --connections-max\n");
    free(scene);
    folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_configuration_is_described),
        cmocka_unit_test(a_fuller_one_is_described_in_full),
        cmocka_unit_test(plain_http_beyond_this_machine_must_be_meant),
        cmocka_unit_test(operations_beyond_this_machine_are_doubtful),
        cmocka_unit_test(certificates_are_loaded),
        cmocka_unit_test(a_certificate_that_ends_soon_is_a_warning),
        cmocka_unit_test(a_proxy_in_front_of_tls_is_doubtful),
        cmocka_unit_test(the_directory_must_be_there_and_be_one),
        cmocka_unit_test(nobody_else_may_look_into_it),
        cmocka_unit_test(the_user_must_be_able_to_write_in_it),
        cmocka_unit_test(the_user_must_be_able_to_use_its_files),
        cmocka_unit_test(the_demo_is_no_shop),
        cmocka_unit_test(too_few_open_files_are_told_in_numbers),
    };

    clock_start();
    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

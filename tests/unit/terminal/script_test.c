/* The whole command against a fake server: what is printed, what is sent, what
 * is on the disk afterwards, and the exit code. */

#include "unit/terminal/script_scene.h"

/* --- A first start ------------------------------------------------------- */

static void register_and_ping(struct fake_server *fake)
{
    char printed[FAKE_TEXT_MAX];

    fake_accept(fake, 0);
    fake_hear(fake);
    require_log_in(fake);
    fake_hear(fake);
    fake_welcome(fake, "JSV5", "\"" CREDENTIAL "\"");
    fake_hear(fake);
    fake_say(fake, "{\"type\":\"ready_confirmed\"}");
    fake_say(fake, "{\"type\":\"ping\",\"id\":41,\"message\":\"Till 2\"}");
    fake_hear(fake);
    read_text(fake->output, printed);
    fake_note(fake, strstr(printed, "Till 2") != NULL ? "already printed" : "not yet printed");
    end_by_signal(fake);
}

static void a_first_start_registers_gets_ready_shows_pings_and_says_bye(void **state)
{
    char path[128];
    char saved[FAKE_TEXT_MAX];

    (void)state;
    use_password();
    options.continue_ = true;
    assert_int_equal(run_against(register_and_ping), SCRIPT_STOPPED);
    assert_string_equal(server.transcript,
                        HELLO("S", "null") LOG_IN "{\"type\":\"ready\"}\n"
                                                  "{\"type\":\"ping_shown\",\"id\":41}\n"
                                                  "already printed\n"
                                                  "{\"type\":\"bye\",\"reason\":\"power\"}\n"
                                                  "close 1000\n");
    assert_string_equal(output, "{\"event\":\"registered\",\"code\":\"JSV5\"}\n"
                                "{\"event\":\"ready\"}\n"
                                "{\"event\":\"ping\",\"message\":\"Till 2\"}\n");
    assert_string_equal(errors, "");
    (void)snprintf(path, sizeof(path), "%s/terminal.json", directory);
    read_text(path, saved);
    assert_string_equal(saved, "{\"format\":1,\"serial\":\"S\",\"credential\":\"" CREDENTIAL
                               "\",\"code\":\"JSV5\",\"business\":7,"
                               "\"businessName\":\"Demo Shop\",\"continued\":true}\n");
}

/* --- A second start ------------------------------------------------------ */

static void welcome_and_replace(struct fake_server *fake)
{
    fake_accept(fake, 0);
    fake_hear(fake);
    fake_welcome(fake, "JSV5", "null");
    fake_hear(fake);
    fake_close(fake, 4001);
}

static void a_second_start_needs_no_log_in_and_a_replaced_one_ends(void **state)
{
    (void)state;
    use_password();
    options.continue_ = true;
    assert_int_equal(run_against(register_and_ping), SCRIPT_STOPPED);
    options = (struct script_options){
        .server = url, .data_directory = directory, .count = 1, .json = false};
    assert_int_equal(run_against(welcome_and_replace), SCRIPT_REPLACED);
    assert_string_equal(server.transcript, HELLO("S", "\"" CREDENTIAL "\"") "{\"type\":\"ready\"}\n"
                                                                            "close 4001\n");
    assert_string_equal(output,
                        "Device code JSV5 (Demo Shop). Enter it in your point of sale.\n"
                        "Another connection of this terminal has taken the place of this one.\n");
}

static void a_data_directory_of_another_serial_number_is_refused(void **state)
{
    (void)state;
    use_password();
    options.continue_ = true;
    assert_int_equal(run_against(register_and_ping), SCRIPT_STOPPED);
    options.serial = "T";
    assert_int_equal(run(), SCRIPT_DATA);
    assert_non_null(strstr(errors, "the serial number S"));
}

/* --- Log-ins that fail --------------------------------------------------- */

static void refuse(struct fake_server *fake)
{
    fake_accept(fake, 0);
    fake_hear(fake);
    require_log_in(fake);
    fake_hear(fake);
    fake_say(fake, "{\"type\":\"log_in_refused\",\"reason\":\"wrong\","
                   "\"message\":\"The e-mail or the password is wrong.\",\"pin\":false,"
                   "\"waitSeconds\":0}");
    fake_hear(fake);
    fake_answer_close(fake);
}

static void a_wrong_log_in_is_final(void **state)
{
    (void)state;
    use_password();
    assert_int_equal(run_against(refuse), SCRIPT_LOG_IN);
    assert_string_equal(server.transcript, HELLO("S", "null") LOG_IN "close 1000\n");
    assert_string_equal(output, "{\"event\":\"log_in_refused\",\"reason\":\"wrong\","
                                "\"message\":\"The e-mail or the password is wrong.\"}\n");
    assert_string_equal(errors, "tillwire terminal: The log-in was refused: "
                                "The e-mail or the password is wrong.\n");
}

static void only_require(struct fake_server *fake)
{
    fake_accept(fake, 0);
    fake_hear(fake);
    require_log_in(fake);
    fake_hear(fake);
    fake_answer_close(fake);
}

static void the_first_log_in_needs_more_than_a_pin(void **state)
{
    (void)state;
    options.pin = "4711";
    assert_int_equal(run_against(only_require), SCRIPT_LOG_IN);
    assert_string_equal(server.transcript, HELLO("S", "null") "close 1000\n");
    assert_non_null(strstr(errors, "needs --email and --password"));
    assert_null(strstr(errors, "4711"));
}

/* --- Connections that fail ----------------------------------------------- */

static void hang_up_thrice(struct fake_server *fake)
{
    unsigned i;

    for (i = 0; i < 3; i++) {
        fake_accept_raw(fake, 0);
        fake_shake(fake);
        fake_close(fake, 1011);
    }
    fake_accept(fake, 0);
    (void)kill(getpid(), SIGTERM);
    fake_hear(fake); /* hello */
    fake_hear(fake);
    fake_answer_close(fake);
}

static void a_server_that_fails_is_tried_again_and_told_of_once(void **state)
{
    (void)state;
    use_password();
    assert_int_equal(run_against(hang_up_thrice), SCRIPT_STOPPED);
    assert_string_equal(output, "{\"event\":\"disconnected\",\"code\":1011,"
                                "\"reason\":\"the server closed the connection\"}\n");
}

/* --- Several ------------------------------------------------------------- */

static void welcome_two(struct fake_server *fake)
{
    unsigned i;

    for (i = 0; i < 2; i++) {
        fake_accept(fake, i);
        fake_hear(fake);
        require_log_in(fake);
        fake_hear(fake);
    }
    for (i = 0; i < 2; i++) {
        fake_turn_to(fake, i);
        fake_welcome(fake, "JSV5", "\"" CREDENTIAL "\"");
        fake_say(fake, "{\"type\":\"ping\",\"id\":1,\"message\":null}");
        fake_hear(fake); /* ping_shown, and ready once it is stored */
        fake_hear(fake);
    }
    fake_close(fake, 4001);
    fake_turn_to(fake, 0);
    end_by_signal(fake);
}

static void each_of_several_has_a_serial_number_a_folder_and_a_life(void **state)
{
    char path[128];

    (void)state;
    use_password();
    options.count = 2;
    options.continue_ = true;
    assert_int_equal(run_against(welcome_two), SCRIPT_REPLACED);
    assert_non_null(strstr(server.transcript, "\"serial\":\"S-1\""));
    assert_non_null(strstr(server.transcript, "\"serial\":\"S-2\""));
    assert_non_null(strstr(server.transcript, "bye"));
    assert_non_null(strstr(output, "{\"event\":\"registered\",\"terminal\":1,\"serial\":\"S-1\","
                                   "\"code\":\"JSV5\"}\n"));
    assert_non_null(strstr(output, "{\"event\":\"ping\",\"terminal\":2,\"serial\":\"S-2\","
                                   "\"message\":null}\n"));
    assert_non_null(strstr(output, "{\"event\":\"replaced\",\"terminal\":"));
    (void)snprintf(path, sizeof(path), "%s/2/terminal.json", directory);
    assert_int_equal(access(path, F_OK), 0);
}

static const char *why_refused;

static void refuse_one_of_two(struct fake_server *fake)
{
    char refusal[256];
    unsigned i;

    for (i = 0; i < 2; i++) {
        fake_accept(fake, i);
        fake_hear(fake);
        require_log_in(fake);
        fake_hear(fake);
    }
    (void)snprintf(refusal, sizeof(refusal),
                   "{\"type\":\"log_in_refused\",\"reason\":\"%s\",\"message\":\"No.\","
                   "\"pin\":false,\"waitSeconds\":60}",
                   why_refused);
    fake_say(fake, refusal);
    fake_hear(fake);
    fake_answer_close(fake);
    fake_turn_to(fake, 0);
    fake_hear(fake);
    fake_answer_close(fake);
}

static void a_wrong_log_in_of_one_ends_them_all(void **state)
{
    (void)state;
    why_refused = "wrong";
    use_password();
    options.count = 2;
    assert_int_equal(run_against(refuse_one_of_two), SCRIPT_LOG_IN);
    assert_non_null(strstr(server.transcript, LOG_IN "close 1000\nclose 1000\n"));
}

static void a_locked_log_in_of_one_ends_them_all(void **state)
{
    (void)state;
    why_refused = "locked";
    use_password();
    options.count = 2;
    assert_int_equal(run_against(refuse_one_of_two), SCRIPT_LOG_IN);
    assert_non_null(strstr(server.transcript, LOG_IN "close 1000\nclose 1000\n"));
    assert_non_null(strstr(errors, "No. (no log-in is looked at for 60 seconds)\n"));
}

/* --- Before anything is connected ---------------------------------------- */

static void a_data_directory_in_use_is_refused(void **state)
{
    struct lock *lock = NULL;
    char problem[FOLDER_PROBLEM_SIZE];

    (void)state;
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:1");
    assert_int_equal(folder_lock_take(&lock, directory, problem), FAIL_NONE);
    assert_int_equal(run(), SCRIPT_DATA);
    assert_non_null(strstr(errors, "in use by another tillwire terminal (process "));
    lock_release(&lock);
}

static void a_damaged_file_is_not_overwritten(void **state)
{
    char path[128];
    char after[FAKE_TEXT_MAX];
    FILE *file;

    (void)state;
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:1");
    (void)snprintf(path, sizeof(path), "%s/terminal.json", directory);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs("{", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(run(), SCRIPT_DATA);
    assert_non_null(strstr(errors, "is damaged"));
    read_text(path, after);
    assert_string_equal(after, "{");
}

static void options_that_make_no_sense_are_refused(void **state)
{
    const struct script_options good = options;
    static char long_serial[64];

    (void)state;
    (void)snprintf(url, sizeof(url), "gopher://x");
    assert_int_equal(run(), SCRIPT_USAGE);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:1");
    options = good;
    options.count = SCRIPT_COUNT_MAX + 1;
    assert_int_equal(run(), SCRIPT_USAGE);
    options.count = 0;
    assert_int_equal(run(), SCRIPT_USAGE);
    options = good;
    options.email = "ada@example.com";
    assert_int_equal(run(), SCRIPT_USAGE);
    options.password = "Secret-4711";
    options.pin = "4711";
    assert_int_equal(run(), SCRIPT_USAGE);
    options = good;
    options.pin = "47";
    assert_int_equal(run(), SCRIPT_USAGE);
    options = good;
    memset(long_serial, 'S', 62);
    options.serial = long_serial; /* with "-100" it is 66 */
    options.count = 100;
    assert_int_equal(run(), SCRIPT_USAGE);
}

static void assert_refused(const char *because)
{
    assert_int_equal(run(), SCRIPT_USAGE);
    assert_string_equal(errors, because);
}

static void what_https_needs_is_checked_before_anything_is_connected(void **state)
{
    const struct script_options good = options;
    char path[128];
    char expected[256];
    FILE *file;

    (void)state;
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:1");
    options.ca_file = "ca.pem";
    assert_refused("tillwire terminal: --ca-file needs a --server that begins with https://.\n");
    options = good;
    options.server_key = "d6qzRu9zOECb90Uez27xWltNsj0e1Md7GkYYkVoZWmM=";
    assert_refused("tillwire terminal: --server-key needs a --server that begins with "
                   "https://.\n");
    (void)snprintf(url, sizeof(url), "https://127.0.0.1:1");
    options.server_key = "d6qzRu9zOECb90Uez27xWltNsj0e1Md7GkYYkVoZWmM";
    assert_refused("tillwire terminal: --server-key must be the SHA-256 of the server's public key "
                   "in base64: 44 characters, the last one '='.\n");
    options = good;
    (void)snprintf(path, sizeof(path), "%s/ca.pem", directory);
    options.ca_file = path;
    (void)snprintf(expected, sizeof(expected),
                   "tillwire terminal: --ca-file: the certificate %s cannot be read: "
                   "there is no such file\n",
                   path);
    assert_refused(expected);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(run(), SCRIPT_USAGE);
    assert_non_null(strstr(errors, "holds no certificate in PEM form"));
}

#define SCRIPT_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPT_TEST(a_first_start_registers_gets_ready_shows_pings_and_says_bye),
        SCRIPT_TEST(a_second_start_needs_no_log_in_and_a_replaced_one_ends),
        SCRIPT_TEST(a_data_directory_of_another_serial_number_is_refused),
        SCRIPT_TEST(a_wrong_log_in_is_final),
        SCRIPT_TEST(the_first_log_in_needs_more_than_a_pin),
        SCRIPT_TEST(a_server_that_fails_is_tried_again_and_told_of_once),
        SCRIPT_TEST(each_of_several_has_a_serial_number_a_folder_and_a_life),
        SCRIPT_TEST(a_wrong_log_in_of_one_ends_them_all),
        SCRIPT_TEST(a_locked_log_in_of_one_ends_them_all),
        SCRIPT_TEST(a_data_directory_in_use_is_refused),
        SCRIPT_TEST(a_damaged_file_is_not_overwritten),
        SCRIPT_TEST(options_that_make_no_sense_are_refused),
        SCRIPT_TEST(what_https_needs_is_checked_before_anything_is_connected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A run of the headless terminal against a fake server, with what it printed
 * kept. To be included once, by the test's only source. */
#ifndef TESTS_SCRIPT_SCENE_H
#define TESTS_SCRIPT_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "fake_server.h"
#include "terminal/folder.h"
#include "terminal/script.h"

#define CREDENTIAL "ccccccccccccccccccccccccccccccccccccccccccc"
#define HELLO(serial, credential)                                                                  \
    "{\"type\":\"hello\",\"protocol\":1,\"serial\":\"" serial                                      \
    "\",\"version\":\"tillwire/" TILLWIRE_VERSION "\",\"credential\":" credential "}\n"
#define LOG_IN "{\"type\":\"log_in\",\"email\":\"ada@example.com\",\"password\":\"Secret-4711\"}\n"

static char directory[] = "/tmp/tillwire-script-XXXXXX";
static char output_path[64];
static char error_path[64];
static char output[FAKE_TEXT_MAX]; /* what the last run printed */
static char errors[FAKE_TEXT_MAX];
static char url[64];
static struct fake_server server;
static struct script_options options;

static void read_text(const char *path, char out[FAKE_TEXT_MAX])
{
    FILE *file = fopen(path, "re");
    size_t length = file == NULL ? 0 : fread(out, 1, FAKE_TEXT_MAX - 1, file);

    out[length] = '\0';
    if (file != NULL) {
        (void)fclose(file);
    }
}

static int set_up(void **state)
{
    (void)state;
    memcpy(directory + sizeof(directory) - 7, "XXXXXX", 6);
    if (mkdtemp(directory) == NULL) {
        return -1;
    }
    (void)snprintf(output_path, sizeof(output_path), "%s/output", directory);
    (void)snprintf(error_path, sizeof(error_path), "%s/errors", directory);
    server.output = output_path;
    options = (struct script_options){
        .server = url,
        .serial = "S",
        .data_directory = directory,
        .count = 1,
        .json = true,
    };
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", directory);
    return system(command);
}

/* Puts a file in the place of a stream; returns the old descriptor. */
static int redirect(FILE *stream, const char *path)
{
    int old = dup(fileno(stream));

    (void)fflush(stream);
    assert_non_null(freopen(path, "we", stream));
    return old;
}

static void restore(FILE *stream, int old)
{
    (void)fflush(stream);
    assert_true(dup2(old, fileno(stream)) >= 0);
    assert_int_equal(close(old), 0);
}

/* Runs the command with what it prints in `output` and `errors`. */
static int run(void)
{
    int old_output = redirect(stdout, output_path);
    int old_errors = redirect(stderr, error_path);
    int exit_code = script_run(&options);

    restore(stdout, old_output);
    restore(stderr, old_errors);
    read_text(output_path, output);
    read_text(error_path, errors);
    assert_null(strstr(output, "Secret-4711"));
    assert_null(strstr(errors, "Secret-4711"));
    return exit_code;
}

static int run_against(void (*dialogue)(struct fake_server *server))
{
    int exit_code;

    fake_start(&server, dialogue);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", server.port);
    exit_code = run();
    fake_finish(&server);
    return exit_code;
}

static void use_password(void)
{
    options.email = "ada@example.com";
    options.password = "Secret-4711";
}

static void require_log_in(struct fake_server *fake)
{
    fake_say(fake, "{\"type\":\"log_in_required\",\"reason\":\"new\",\"businessName\":null,"
                   "\"pin\":false,\"message\":\"Log in.\"}");
}

static void end_by_signal(struct fake_server *fake)
{
    (void)kill(getpid(), SIGTERM);
    fake_hear(fake); /* bye, or the close */
    if (strstr(fake->transcript, "bye") != NULL) {
        fake_hear(fake);
    }
    fake_answer_close(fake);
}

#endif

/* The table of `tillwire serve`: its defaults are the constants of the rooms
 * that mean them, and each variable is named like its option. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "cli/chapters.h"
#include "server/config.h"
#include "server/pages.h"

enum { VARIABLE_SIZE = 64 };

/* No page is asked for here. */
const struct page pages[] = {{.path = NULL}};
const size_t pages_count = 0;

static const struct cli_command *serve(void)
{
    assert_int_equal(cli_serve_chapter.count, 1);
    assert_string_equal(cli_serve_chapter.commands[0].path, "serve");
    return &cli_serve_chapter.commands[0];
}

static const char *fallback(void *context, const char *option)
{
    size_t i;

    (void)context;
    for (i = 0; i < serve()->option_count; i++) {
        if (strcmp(serve()->options[i].name, option) == 0) {
            return serve()->options[i].fallback;
        }
    }
    print_error("config asks for --%s, which the table does not have\n", option);
    assert_true(false);
    return NULL;
}

static void on_trouble(void *context, const char *option, const char *sentence)
{
    (void)context;
    print_error("--%s: %s\n", option, sentence);
    assert_true(false);
}

static void its_defaults_are_what_the_rooms_mean(void **state)
{
    const struct config_source source = {
        .value = fallback, .problem = on_trouble, .warning = on_trouble};
    struct config *config = calloc(1, sizeof(*config));

    (void)state;
    assert_non_null(config);
    config_read(config, &source);
    assert_int_equal(config->server.gate.strangers_max, GATE_USUAL.strangers_max);
    assert_int_equal(config->server.gate.terminals_max, GATE_USUAL.terminals_max);
    assert_int_equal(config->server.gate.address_max, GATE_USUAL.address_max);
    assert_int_equal(config->server.gate.address_per_minute, GATE_USUAL.address_per_minute);
    assert_int_equal(config->server.gate.address_known_times, GATE_USUAL.address_known_times);
    assert_memory_equal(&config->server.rate, &RATE_SERVE, sizeof(RATE_SERVE));
    assert_int_equal(config->server.hub.heartbeat_ms, HUB_HEARTBEAT_MS);
    assert_int_equal(config->server.hub.silence_ms, HUB_SILENCE_MS);
    assert_int_equal(config->server.hub.half_open_s, HUB_HALF_OPEN_S);
    assert_false(config->plain);
    assert_false(config->server.has_operations);
    free(config);
}

static void each_variable_is_named_like_its_option(void **state)
{
    size_t i;

    (void)state;
    assert_true(serve()->has_file);
    assert_true(serve()->option_count <= CLI_OPTIONS_MAX);
    for (i = 0; i < serve()->option_count; i++) {
        const struct cli_option *option = &serve()->options[i];
        char variable[VARIABLE_SIZE] = "TILLWIRE_";
        size_t start = strlen(variable);
        size_t j;

        for (j = 0; option->name[j] != '\0'; j++) {
            variable[start + j] = option->name[j] == '-' ? '_' : text_upper(option->name[j]);
        }
        if (strcmp(option->name, "check") == 0) {
            assert_null(option->environment); /* a shell must not keep a server from starting */
        } else {
            assert_string_equal(option->environment, variable);
        }
    }
}

static void the_data_and_the_address_have_no_default(void **state)
{
    (void)state;
    assert_null(fallback(NULL, "data"));
    assert_null(fallback(NULL, "listen"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_defaults_are_what_the_rooms_mean),
        cmocka_unit_test(each_variable_is_named_like_its_option),
        cmocka_unit_test(the_data_and_the_address_have_no_default),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

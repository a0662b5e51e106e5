/* Runs simulations from seeds. A run that breaks a rule says which, and its seed
 * brings the same run again: simulate --seed N --story.
 *
 *   simulate FROM TO          each of these seeds; "N passed, N failed"
 *   simulate --until-failure FROM TO   the same, up to the first that fails
 *   simulate --seed N         one, with its sum
 *   simulate --seed N --story everything that happens in it */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "simulation/disk.h"
#include "simulation/world.h"

enum { EXIT_USAGE = 2, AGAIN_EVERY = 50 };

/* The same seed again: the same story, to the letter. */
static bool is_the_same(uint64_t seed, const struct world_result *first)
{
    struct world_result second = world_run(&(struct world_options){.seed = seed});

    if (second.sum == first->sum && second.lines == first->lines) {
        return true;
    }
    (void)printf("seed %" PRIu64 ": told twice, it is not the same story\n", seed);
    return false;
}

static int run_range(uint64_t from, uint64_t to, bool until_failure)
{
    uint64_t passed = 0;
    uint64_t failed = 0;
    uint64_t seed;

    for (seed = from; seed <= to && (failed == 0 || !until_failure); seed++) {
        struct world_options options = {.seed = seed, .tells = failed == 0};
        struct world_result result;
        bool good;

        (void)fprintf(stderr, "seed %" PRIu64 "\n", seed); /* an assert ends the process in it */
        result = world_run(&options);
        good = result.violations == 0;

        if (good && seed % AGAIN_EVERY == 0) {
            good = is_the_same(seed, &result);
        }
        if (!good) {
            (void)printf("seed %" PRIu64 " failed: simulate --seed %" PRIu64 " --story\n", seed,
                         seed);
        }
        passed += good;
        failed += !good;
        (void)fflush(stdout);
    }
    (void)printf("%" PRIu64 " passed, %" PRIu64 " failed\n", passed, failed);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run_one(uint64_t seed, bool aloud)
{
    struct world_result result = world_run(&(struct world_options){.seed = seed, .aloud = aloud});

    (void)printf("seed %" PRIu64 ": %" PRIu64 " lines, sum %016" PRIx64 ", %u violations\n", seed,
                 result.lines, result.sum, result.violations);
    return result.violations == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool read_number(const char *text, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && text[0] != '\0' && text[0] != '-' && *end == '\0';
}

int main(int count, char **words)
{
    uint64_t from;
    uint64_t to;
    bool until_failure;

    clock_start();
    id_start();
    log_set_level(LOG_ERROR);
    disk_install();
    if (count >= 3 && strcmp(words[1], "--seed") == 0 && read_number(words[2], &from)) {
        return run_one(from, count == 4 && strcmp(words[3], "--story") == 0);
    }
    until_failure = count == 4 && strcmp(words[1], "--until-failure") == 0;
    words += until_failure;
    count -= until_failure;
    if (count == 3 && read_number(words[1], &from) && read_number(words[2], &to)) {
        return run_range(from, to, until_failure);
    }
    (void)fprintf(stderr,
                  "usage: simulate [--until-failure] FROM TO | simulate --seed N [--story]\n");
    return EXIT_USAGE;
}

/* What happened in a run, line by line: its sum tells two runs apart, its last
 * lines tell why a run has failed. */
#ifndef TESTS_SIMULATION_STORY_H
#define TESTS_SIMULATION_STORY_H

#include <stdbool.h>
#include <stdint.h>

enum { STORY_LINE_SIZE = 200, STORY_KEPT_MAX = 100, STORY_VIOLATIONS_MAX = 20 };

struct story {
    uint64_t seed;
    uint64_t sum;   /* FNV-1a over all lines */
    uint64_t lines; /* so many */
    bool aloud;     /* each is written at once */
    unsigned violations;
    char (*kept)[STORY_LINE_SIZE]; /* owned; the last STORY_KEPT_MAX, by number */
};

void story_begin(struct story *story, uint64_t seed, bool aloud);
void story_end(struct story *story);
__attribute__((format(printf, 3, 4))) void story_note(struct story *story, int64_t now_ms,
                                                      const char *format, ...);
/* An invariant does not hold: `name` is "I1", `format` says of what. */
__attribute__((format(printf, 3, 4))) void story_violation(struct story *story, const char *name,
                                                           const char *format, ...);
/* The last lines, at most `count`, to a file; only calls that a signal handler may make. */
void story_tell(const struct story *story, int file, unsigned count);

#endif

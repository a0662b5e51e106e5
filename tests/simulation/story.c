#include "simulation/story.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void story_begin(struct story *story, uint64_t seed, bool aloud)
{
    *story = (struct story){.seed = seed, .sum = UINT64_C(0xcbf29ce484222325), .aloud = aloud};
    story->kept = calloc(STORY_KEPT_MAX, sizeof(*story->kept));
    assert(story->kept != NULL);
}

void story_end(struct story *story)
{
    free(story->kept);
    story->kept = NULL;
}

static void line_add(struct story *story, const char *line)
{
    const char *at;

    for (at = line; *at != '\0'; at++) {
        story->sum = (story->sum ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    }
    memcpy(story->kept[story->lines % STORY_KEPT_MAX], line, strlen(line) + 1);
    story->lines++;
    if (story->aloud) {
        (void)puts(line);
    }
}

void story_note(struct story *story, int64_t now_ms, const char *format, ...)
{
    char line[STORY_LINE_SIZE];
    va_list arguments;
    int length = snprintf(line, sizeof(line), "%10" PRId64 " ", now_ms);

    va_start(arguments, format);
    (void)vsnprintf(line + length, sizeof(line) - (size_t)length, format, arguments);
    va_end(arguments);
    line_add(story, line);
}

void story_violation(struct story *story, const char *name, const char *format, ...)
{
    char line[STORY_LINE_SIZE];
    va_list arguments;
    int length = snprintf(line, sizeof(line), "seed %" PRIu64 ": %s: ", story->seed, name);

    va_start(arguments, format);
    (void)vsnprintf(line + length, sizeof(line) - (size_t)length, format, arguments);
    va_end(arguments);
    line_add(story, line);
    if (story->violations++ < STORY_VIOLATIONS_MAX && !story->aloud) {
        (void)puts(line);
    }
}

void story_tell(const struct story *story, int file, unsigned count)
{
    uint64_t most = count < STORY_KEPT_MAX ? count : STORY_KEPT_MAX;
    uint64_t from = story->lines > most ? story->lines - most : 0;
    ssize_t written = 0;

    for (; from < story->lines && written >= 0; from++) {
        const char *line = story->kept[from % STORY_KEPT_MAX];

        written = write(file, line, strlen(line));
        written = written < 0 ? written : write(file, "\n", 1);
    }
}

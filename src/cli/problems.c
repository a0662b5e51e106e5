/* A list of sentences. */
#include "cli/problems.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/output.h"

enum { LINES_MAX = 256 * 1024, SENTENCE_SIZE = 2048 };

void problems_init(struct problems *problems)
{
    *problems = (struct problems){.count = 0};
    buf_init(&problems->lines, LINES_MAX);
}

void problems_finish(struct problems *problems)
{
    buf_finish(&problems->lines);
    problems->count = 0;
}

void problems_add(struct problems *problems, const char *format, ...)
{
    char sentence[SENTENCE_SIZE];
    va_list arguments;

    /* What is longer is cut: it is for people. */
    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    output_add(&problems->lines, slice_of(sentence));
    buf_byte(&problems->lines, '\n');
    problems->count++;
}

void problems_print(const struct problems *problems)
{
    struct slice rest = buf_view(&problems->lines);
    struct slice line;
    size_t shown = 0;

    while (shown < problems->count && slice_next_part(&rest, '\n', &line) && rest.bytes != NULL) {
        output_trouble("%.*s", (int)line.length, line.bytes);
        shown++;
    }
    if (shown < problems->count) {
        output_trouble("there is more that is wrong than there is room to say: %zu in all",
                       problems->count);
    }
}

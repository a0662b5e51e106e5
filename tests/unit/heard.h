/* Standard error while it is listened to: for tests of what is logged. */
#ifndef TESTS_HEARD_H
#define TESTS_HEARD_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEARD_MAX = 16 * 1024 };

struct heard {
    FILE *file;
    int standard_error;
    char text[HEARD_MAX];
};

/* To be followed by heard_end. */
static inline void heard_begin(struct heard *heard)
{
    heard->file = tmpfile();
    heard->standard_error = dup(STDERR_FILENO);
    if (heard->file == NULL || heard->standard_error < 0 ||
        dup2(fileno(heard->file), STDERR_FILENO) < 0) {
        abort();
    }
}

static inline const char *heard_end(struct heard *heard)
{
    size_t length;

    (void)fflush(stderr);
    (void)dup2(heard->standard_error, STDERR_FILENO);
    (void)close(heard->standard_error);
    rewind(heard->file);
    length = fread(heard->text, 1, HEARD_MAX - 1, heard->file);
    heard->text[length] = '\0';
    (void)fclose(heard->file);
    return heard->text;
}

static inline unsigned heard_count(const struct heard *heard, const char *words)
{
    const char *at = heard->text;
    unsigned count = 0;

    while ((at = strstr(at, words)) != NULL) {
        at += strlen(words);
        count++;
    }
    return count;
}

#endif

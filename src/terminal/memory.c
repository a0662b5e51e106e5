/* Saving and loading terminal.json: the text is settings.h's business, the
 * durable order base/file.h's. */
#include "terminal/memory.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"

static const char FILE_NAME[] = "terminal.json";

/* --- Opening ----------------------------------------------------------- */

enum fail memory_open(struct memory *out, const char *directory, unsigned number,
                      char problem[MEMORY_PROBLEM_SIZE])
{
    struct memory memory = {0};
    bool fits = number == 0
                    ? text_format(memory.directory, MEMORY_PATH_SIZE, "%s", directory)
                    : text_format(memory.directory, MEMORY_PATH_SIZE, "%s/%u", directory, number);
    enum fail fail = fits ? directory_make(memory.directory) : FAIL_LIMIT;

    if (fail != FAIL_NONE) {
        (void)text_format(problem, MEMORY_PROBLEM_SIZE, "The directory %s cannot be used: %s.",
                          memory.directory, fits ? strerror(errno) : "its name is too long");
        return fail;
    }
    *out = memory;
    return FAIL_NONE;
}

/* --- Loading ----------------------------------------------------------- */

/* A buffer that is never moved, so that wiping it wipes all. */
static void text_start(struct buf *text)
{
    buf_init(text, SETTINGS_TEXT_MAX);
    (void)buf_reserve(text, SETTINGS_TEXT_MAX);
}

static void describe_damage(enum fail fail, const char *path, const char *what,
                            char problem[MEMORY_PROBLEM_SIZE])
{
    if (fail == FAIL_VERSION) {
        (void)text_format(problem, MEMORY_PROBLEM_SIZE, "The file %s cannot be used: %s.", path,
                          what);
        return;
    }
    (void)text_format(problem, MEMORY_PROBLEM_SIZE,
                      "The file %s is damaged: %s. It was left as it is. Restore it, or move it "
                      "away: the terminal then starts as a new one, with another device code.",
                      path, what);
}

enum fail memory_load(const struct memory *memory, struct settings *out,
                      char problem[MEMORY_PROBLEM_SIZE])
{
    char path[MEMORY_PATH_SIZE + sizeof(FILE_NAME) + 1];
    char what[SETTINGS_PROBLEM_SIZE] = "it is too large";
    struct buf text;
    enum fail fail;

    (void)text_format(path, sizeof(path), "%s/%s", memory->directory, FILE_NAME);
    text_start(&text);
    fail = file_read(path, &text);
    if (fail == FAIL_NONE) {
        fail = settings_read(buf_view(&text), out, what);
    } else if (fail == FAIL_LIMIT) {
        fail = FAIL_INVALID;
    } else {
        if (fail != FAIL_NOT_FOUND) {
            (void)text_format(problem, MEMORY_PROBLEM_SIZE, "The file %s cannot be read: %s.", path,
                              strerror(errno));
        }
        buf_wipe(&text);
        return fail;
    }
    buf_wipe(&text);
    if (fail != FAIL_NONE) {
        describe_damage(fail, path, what, problem);
    }
    return fail;
}

/* --- Saving ------------------------------------------------------------ */

enum fail memory_save(const struct memory *memory, const struct settings *settings,
                      char problem[MEMORY_PROBLEM_SIZE])
{
    char path[MEMORY_PATH_SIZE + sizeof(FILE_NAME) + 1];
    const char *why;
    struct buf text;
    enum fail fail;

    (void)text_format(path, sizeof(path), "%s/%s", memory->directory, FILE_NAME);
    text_start(&text);
    settings_write(&text, settings);
    fail = buf_fail(&text);
    why = fail_text(fail);
    if (fail == FAIL_NONE) {
        fail = file_replace(path, buf_view(&text));
        why = strerror(errno);
    }
    buf_wipe(&text);
    if (fail != FAIL_NONE) {
        (void)text_format(problem, MEMORY_PROBLEM_SIZE, "The file %s cannot be written: %s.", path,
                          why);
    }
    return fail;
}

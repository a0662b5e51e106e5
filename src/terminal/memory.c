/* Saving and loading the files of a terminal: their texts are the business of
 * settings.h and sale_record.h, the durable order base/file.h's. */
#include "terminal/memory.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"

enum { NAME_SIZE = 32, PATH_SIZE = MEMORY_PATH_SIZE + NAME_SIZE };

/* One of the files. */
struct kind {
    const char *name;
    size_t text_max;
    enum fail (*read)(struct slice text, void *out, char *problem);
    void (*write)(struct buf *out, const void *what);
    const char *way_out; /* for people, when it is damaged */
};

static enum fail read_settings(struct slice text, void *out, char *problem)
{
    return settings_read(text, out, problem);
}

static void write_settings(struct buf *out, const void *what)
{
    settings_write(out, what);
}

static enum fail read_sale(struct slice text, void *out, char *problem)
{
    return sale_record_read(text, out, problem);
}

static void write_sale(struct buf *out, const void *what)
{
    sale_record_write(out, what);
}

static const struct kind SETTINGS_FILE = {
    .name = "terminal.json",
    .text_max = SETTINGS_TEXT_MAX,
    .read = read_settings,
    .write = write_settings,
    .way_out = "the terminal then starts as a new one, with another device code",
};
static const struct kind SALE_FILE = {
    .name = "sale.json",
    .text_max = SALE_RECORD_TEXT_MAX,
    .read = read_sale,
    .write = write_sale,
    .way_out = "the payment that was open is then given up; look on the server what became of it",
};

enum { PROBLEM_SIZE = SALE_RECORD_PROBLEM_SIZE };
static_assert(PROBLEM_SIZE >= (int)SETTINGS_PROBLEM_SIZE, "one buffer takes both");

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

static void path_of(const struct memory *memory, const struct kind *kind, char out[PATH_SIZE])
{
    (void)text_format(out, PATH_SIZE, "%s/%s", memory->directory, kind->name);
}

/* A buffer that is never moved, so that wiping it wipes all. */
static void text_start(struct buf *text, const struct kind *kind)
{
    buf_init(text, kind->text_max);
    (void)buf_reserve(text, kind->text_max);
}

static void describe_damage(enum fail fail, const char *path, const char *what, const char *way_out,
                            char problem[MEMORY_PROBLEM_SIZE])
{
    if (fail == FAIL_VERSION) {
        (void)text_format(problem, MEMORY_PROBLEM_SIZE, "The file %s cannot be used: %s.", path,
                          what);
        return;
    }
    (void)text_format(problem, MEMORY_PROBLEM_SIZE,
                      "The file %s is damaged: %s. It was left as it is. Restore it, or move it "
                      "away: %s.",
                      path, what, way_out);
}

static enum fail load(const struct memory *memory, const struct kind *kind, void *out,
                      char problem[MEMORY_PROBLEM_SIZE])
{
    char path[PATH_SIZE];
    char what[PROBLEM_SIZE] = "it is too large";
    struct buf text;
    enum fail fail;

    path_of(memory, kind, path);
    text_start(&text, kind);
    fail = file_read(path, &text);
    if (fail == FAIL_NONE) {
        fail = kind->read(buf_view(&text), out, what);
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
        describe_damage(fail, path, what, kind->way_out, problem);
    }
    return fail;
}

enum fail memory_load(const struct memory *memory, struct settings *out,
                      char problem[MEMORY_PROBLEM_SIZE])
{
    return load(memory, &SETTINGS_FILE, out, problem);
}

enum fail memory_load_sale(const struct memory *memory, struct sale_record *out,
                           char problem[MEMORY_PROBLEM_SIZE])
{
    enum fail fail = load(memory, &SALE_FILE, out, problem);

    if (fail == FAIL_NOT_FOUND) {
        *out = (struct sale_record){0};
        return FAIL_NONE;
    }
    return fail;
}

/* --- Saving ------------------------------------------------------------ */

static enum fail save(const struct memory *memory, const struct kind *kind, const void *saved,
                      char problem[MEMORY_PROBLEM_SIZE])
{
    char path[PATH_SIZE];
    const char *why;
    struct buf text;
    enum fail fail;

    path_of(memory, kind, path);
    text_start(&text, kind);
    kind->write(&text, saved);
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

enum fail memory_save(const struct memory *memory, const struct settings *settings,
                      char problem[MEMORY_PROBLEM_SIZE])
{
    return save(memory, &SETTINGS_FILE, settings, problem);
}

enum fail memory_save_sale(const struct memory *memory, const struct sale_record *record,
                           char problem[MEMORY_PROBLEM_SIZE])
{
    return save(memory, &SALE_FILE, record, problem);
}

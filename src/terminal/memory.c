/* Saving and loading terminal.json, durably.
 *
 * The order is what matters: write, sync, rename, sync the directory. A sync
 * is never tried twice: after a failed one the kernel may have dropped what it
 * could not write, and a second one would lie. Directories are opened for each
 * save and closed again, so that a thousand terminals hold no files open. */
#include "terminal/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/secret.h"
#include "terminal/folder.h"

static const char FILE_NAME[] = "terminal.json";
static const char NEW_NAME[] = "terminal.json.new"; /* a power cut may leave one: overwritten */

/* --- The disk, replaceable by a test ----------------------------------- */

static long real_write(void *context, int file, const void *bytes, size_t length)
{
    (void)context;
    return write(file, bytes, length);
}

static int real_sync(void *context, int file)
{
    (void)context;
    return fsync(file);
}

static int real_rename(void *context, int directory, const char *from, const char *to)
{
    (void)context;
    return renameat(directory, from, directory, to);
}

static const struct memory_disk real_disk = {real_write, real_sync, real_rename, NULL};
static const struct memory_disk *disk = &real_disk;

void memory_disk_replace(const struct memory_disk *replacement)
{
    disk = replacement == NULL ? &real_disk : replacement;
}

/* --- Opening ----------------------------------------------------------- */

enum fail memory_open(struct memory *out, const char *directory, unsigned number,
                      char problem[MEMORY_PROBLEM_SIZE])
{
    struct memory memory;
    bool fits = number == 0
                    ? text_format(memory.directory, MEMORY_PATH_SIZE, "%s", directory)
                    : text_format(memory.directory, MEMORY_PATH_SIZE, "%s/%u", directory, number);
    enum fail fail = fits ? folder_make(memory.directory) : FAIL_LIMIT;

    if (fail != FAIL_NONE) {
        (void)text_format(problem, MEMORY_PROBLEM_SIZE, "The directory %s cannot be used: %s.",
                          memory.directory, fits ? strerror(errno) : "its name is too long");
        return fail;
    }
    *out = memory;
    return FAIL_NONE;
}

/* --- Loading ----------------------------------------------------------- */

/* The whole file; more than fits is damage, which the caller sees by the length. */
static enum fail read_file(const char *path, char *bytes, size_t size, size_t *length)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    size_t used = 0;
    ssize_t got = 1;

    if (file < 0) {
        return folder_fail(errno);
    }
    while (got > 0 && used < size) {
        got = read(file, bytes + used, size - used);
        if (got > 0) {
            used += (size_t)got;
        } else if (got < 0 && errno == EINTR) {
            got = 1;
        }
    }
    if (got < 0) {
        int why = errno;

        (void)close(file);
        errno = why;
        return folder_fail(why);
    }
    (void)close(file);
    *length = used;
    return FAIL_NONE;
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
    char bytes[SETTINGS_TEXT_MAX + 1];
    char what[SETTINGS_PROBLEM_SIZE] = "it is too large";
    size_t length = 0;
    enum fail fail;

    (void)text_format(path, sizeof(path), "%s/%s", memory->directory, FILE_NAME);
    fail = read_file(path, bytes, sizeof(bytes), &length);
    if (fail == FAIL_NOT_FOUND) {
        return fail;
    }
    if (fail != FAIL_NONE) {
        (void)text_format(problem, MEMORY_PROBLEM_SIZE, "The file %s cannot be read: %s.", path,
                          strerror(errno));
        return fail;
    }
    fail = length > SETTINGS_TEXT_MAX ? FAIL_INVALID
                                      : settings_read(slice_make(bytes, length), out, what);
    secret_wipe(bytes, sizeof(bytes));
    if (fail != FAIL_NONE) {
        describe_damage(fail, path, what, problem);
    }
    return fail;
}

/* --- Saving ------------------------------------------------------------ */

static int write_all(int file, struct slice text)
{
    while (text.length > 0) {
        long wrote = disk->write(disk->context, file, text.bytes, text.length);

        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            return -1;
        }
        text = slice_make(text.bytes + wrote, text.length - (size_t)wrote);
    }
    return 0;
}

/* A whole, durable file beside the present one; 0 or the errno. */
static int write_new(int directory, struct slice text)
{
    int file = openat(directory, NEW_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                      S_IRUSR | S_IWUSR);
    int why = 0;

    if (file < 0) {
        return errno;
    }
    /* One that was there before may be readable by others. */
    if (fchmod(file, S_IRUSR | S_IWUSR) != 0 || write_all(file, text) != 0 ||
        disk->sync(disk->context, file) != 0) {
        why = errno;
    }
    if (close(file) != 0 && why == 0) {
        why = errno;
    }
    return why;
}

/* 0 or the errno. */
static int save_in(int directory, struct slice text)
{
    int why = write_new(directory, text);

    if (why == 0 && disk->rename(disk->context, directory, NEW_NAME, FILE_NAME) != 0) {
        why = errno;
    }
    if (why != 0) {
        (void)unlinkat(directory, NEW_NAME, 0);
        return why;
    }
    /* Until this one the rename itself may be lost with the power. */
    return disk->sync(disk->context, directory) == 0 ? 0 : errno;
}

enum fail memory_save(const struct memory *memory, const struct settings *settings,
                      char problem[MEMORY_PROBLEM_SIZE])
{
    struct buf text;
    int directory;
    int why;

    buf_init(&text, SETTINGS_TEXT_MAX);
    (void)buf_reserve(&text, SETTINGS_TEXT_MAX); /* never moved, so that wiping it wipes all */
    settings_write(&text, settings);
    if (buf_fail(&text) != FAIL_NONE) {
        enum fail fail = buf_fail(&text);

        (void)text_format(problem, MEMORY_PROBLEM_SIZE, "%s cannot be written: %s.", FILE_NAME,
                          fail_text(fail));
        buf_wipe(&text);
        return fail;
    }
    directory = open(memory->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    why = directory < 0 ? errno : save_in(directory, buf_view(&text));
    if (directory >= 0) {
        (void)close(directory);
    }
    buf_wipe(&text);
    if (why == 0) {
        return FAIL_NONE;
    }
    (void)text_format(problem, MEMORY_PROBLEM_SIZE, "The file %s/%s cannot be written: %s.",
                      memory->directory, FILE_NAME, strerror(why));
    return folder_fail(why);
}

/* One data directory, one process: flock on a file in it that also holds the
 * owner's process id, for the message to whoever comes second. */
#include "terminal/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

static const char LOCK_NAME[] = "terminal.lock";
enum { PID_TEXT_SIZE = 24 };

struct folder_lock {
    int file;
};

enum fail folder_fail(int why)
{
    switch (why) {
    case ENOENT:
        return FAIL_NOT_FOUND;
    case ENOSPC:
    case EDQUOT:
        return FAIL_FULL;
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOTDIR:
    case ELOOP:
        return FAIL_DENIED;
    case ENAMETOOLONG:
        return FAIL_LIMIT;
    case ENOMEM:
        return FAIL_MEMORY;
    default:
        return FAIL_IO;
    }
}

/* True when it is there, whoever made it. */
static bool make_one(const char *path)
{
    struct stat found;

    if (mkdir(path, S_IRWXU) == 0) {
        return true;
    }
    if (errno != EEXIST || stat(path, &found) != 0) {
        return false;
    }
    errno = ENOTDIR;
    return S_ISDIR(found.st_mode);
}

enum fail folder_make(const char *path)
{
    char part[FOLDER_PATH_SIZE];
    char *at;

    if (!text_format(part, sizeof(part), "%s", path)) {
        errno = ENAMETOOLONG;
        return FAIL_LIMIT;
    }
    for (at = part; *at != '\0'; at++) {
        if (*at != '/' || at == part) {
            continue;
        }
        *at = '\0';
        if (!make_one(part)) {
            return folder_fail(errno);
        }
        *at = '/';
    }
    return make_one(part) ? FAIL_NONE : folder_fail(errno);
}

/* Of the process that holds it; 0 when it has not written it yet. */
static uint64_t read_holder(int file)
{
    char text[PID_TEXT_SIZE];
    ssize_t length = pread(file, text, sizeof(text), 0);
    uint64_t holder = 0;
    struct slice line = slice_make(text, length > 0 ? (size_t)length : 0);
    struct slice first;

    if (!slice_next_part(&line, '\n', &first) ||
        slice_to_unsigned(first, INT32_MAX, &holder) != FAIL_NONE) {
        return 0;
    }
    return holder;
}

static enum fail refuse(int file, const char *path, int why, char problem[FOLDER_PROBLEM_SIZE])
{
    uint64_t holder;

    if (why != EWOULDBLOCK) {
        (void)text_format(problem, FOLDER_PROBLEM_SIZE, "The data directory %s cannot be used: %s.",
                          path, strerror(why));
        return folder_fail(why);
    }
    holder = read_holder(file);
    if (holder == 0) {
        (void)text_format(problem, FOLDER_PROBLEM_SIZE,
                          "The data directory %s is in use by another tillwire terminal.", path);
    } else {
        (void)text_format(problem, FOLDER_PROBLEM_SIZE,
                          "The data directory %s is in use by another tillwire terminal "
                          "(process %ju). Stop it, or choose another one with --data.",
                          path, (uintmax_t)holder);
    }
    return FAIL_BUSY;
}

/* For people only, so that a failure does not matter. */
static void write_holder(int file)
{
    char text[PID_TEXT_SIZE];

    (void)text_format(text, sizeof(text), "%ld\n", (long)getpid());
    if (ftruncate(file, 0) != 0 || pwrite(file, text, strlen(text), 0) < 0) {
        return;
    }
}

/* An open and locked file, or -1 with errno; `*file` is open when another has it. */
static int lock_file(const char *path, int *file)
{
    char name[FOLDER_PATH_SIZE + sizeof(LOCK_NAME) + 1];

    (void)text_format(name, sizeof(name), "%s/%s", path, LOCK_NAME);
    *file = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (*file < 0) {
        return -1;
    }
    return flock(*file, LOCK_EX | LOCK_NB);
}

enum fail folder_lock_take(struct folder_lock **out, const char *path,
                           char problem[FOLDER_PROBLEM_SIZE])
{
    struct folder_lock *lock;
    int file = -1;
    enum fail fail;

    if (folder_make(path) != FAIL_NONE || lock_file(path, &file) != 0) {
        fail = refuse(file, path, errno, problem);
        goto close_file;
    }
    lock = malloc(sizeof(*lock));
    if (lock == NULL) {
        fail = refuse(file, path, ENOMEM, problem);
        goto close_file;
    }
    write_holder(file);
    lock->file = file;
    *out = lock;
    return FAIL_NONE;

close_file:
    if (file >= 0) {
        (void)close(file);
    }
    return fail;
}

void folder_lock_release(struct folder_lock **lock)
{
    if (*lock == NULL) {
        return;
    }
    (void)close((*lock)->file);
    free(*lock);
    *lock = NULL;
}

/* flock on a file of the data directory.
 *
 * The kernel gives the lock back when the process ends, however it ends, so
 * there is no stale lock to clean up. The file stays: unlinking it would let
 * two processes lock two files of the same name. */
#include "store/lock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "store/file_fail.h"

enum { PID_SIZE = 24 };

struct lock {
    int file;
};

/* 0 when the holder has not written it yet. */
static long holder_read(int file)
{
    char text[PID_SIZE] = "";
    ssize_t length = pread(file, text, sizeof(text) - 1, 0);
    struct slice line = slice_make(text, length > 0 ? (size_t)length : 0);
    struct slice digits;
    uint64_t number = 0;

    if (!slice_next_part(&line, '\n', &digits) ||
        slice_to_unsigned(digits, LONG_MAX, &number) != FAIL_NONE) {
        return 0;
    }
    return (long)number;
}

static enum fail holder_write(int file)
{
    char text[PID_SIZE];
    bool fits = text_format(text, sizeof(text), "%ld\n", (long)getpid());
    ssize_t written;

    assert(fits);
    (void)fits;
    /* Written over the old number before the rest is cut off: that needs no
     * new room, so a full disk does not keep a server from starting. */
    written = pwrite(file, text, strlen(text), 0);
    if (written < 0 || ftruncate(file, written) != 0) {
        return file_fail(errno);
    }
    return (size_t)written == strlen(text) ? FAIL_NONE : FAIL_FULL;
}

static enum fail file_lock(int file, long *holder)
{
    if (flock(file, LOCK_EX | LOCK_NB) == 0) {
        return holder_write(file);
    }
    if (errno != EWOULDBLOCK) {
        return file_fail(errno);
    }
    *holder = holder_read(file);
    return FAIL_BUSY;
}

enum fail lock_take(struct lock **out, const char *directory, long *holder)
{
    char path[PATH_MAX];
    struct lock *lock;
    enum fail fail;

    if (!text_format(path, sizeof(path), "%s/tillwire.lock", directory)) {
        return FAIL_LIMIT;
    }
    lock = malloc(sizeof(*lock));
    if (lock == NULL) {
        return FAIL_MEMORY;
    }
    lock->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock->file < 0) {
        fail = file_fail(errno);
        free(lock);
        return fail;
    }
    fail = file_lock(lock->file, holder);
    if (fail != FAIL_NONE) {
        lock_release(&lock);
        return fail;
    }
    *out = lock;
    return FAIL_NONE;
}

void lock_release(struct lock **lock_at)
{
    struct lock *lock = *lock_at;

    if (lock == NULL) {
        return;
    }
    *lock_at = NULL;
    (void)close(lock->file);
    free(lock);
}

/* Makes the directory's name survive a power cut: it is in its parent. */
static enum fail parent_sync(const char *path)
{
    char parent[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    enum fail fail = FAIL_NONE;
    int file;

    if (length == 0) {
        (void)text_format(parent, sizeof(parent), "%s", slash == NULL ? "." : "/");
    } else {
        (void)text_format(parent, sizeof(parent), "%.*s", (int)length, path);
    }
    file = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) {
        return file_fail(errno);
    }
    if (fsync(file) != 0 && errno != EINVAL) { /* EINVAL: this file system has no such thing */
        fail = file_fail(errno);
    }
    (void)close(file);
    return fail;
}

static enum fail one_directory_make(const char *path)
{
    struct stat status;

    if (mkdir(path, 0700) == 0) {
        return parent_sync(path);
    }
    if (errno == EEXIST && stat(path, &status) == 0) {
        return S_ISDIR(status.st_mode) ? FAIL_NONE : FAIL_DENIED;
    }
    return file_fail(errno);
}

enum fail directory_make(const char *directory)
{
    char path[PATH_MAX];
    enum fail fail = slice_copy(slice_of(directory), path, sizeof(path));
    size_t length = strlen(directory);
    size_t i;

    if (fail != FAIL_NONE || length == 0) {
        return fail == FAIL_NONE ? FAIL_INVALID : fail;
    }
    while (length > 1 && path[length - 1] == '/') {
        path[--length] = '\0';
    }
    for (i = 1; i < length && fail == FAIL_NONE; i++) {
        if (path[i] == '/' && path[i - 1] != '/') {
            path[i] = '\0';
            fail = one_directory_make(path);
            path[i] = '/';
        }
    }
    return fail == FAIL_NONE ? one_directory_make(path) : fail;
}

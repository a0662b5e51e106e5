/* flock on a file.
 *
 * The kernel gives the lock back when the process ends, however it ends, so
 * there is no stale lock to clean up. The file stays: unlinking it would let
 * two processes lock two files of the same name. */
#include "base/lock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

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

enum fail lock_take(struct lock **out, const char *path, long *holder)
{
    struct lock *lock;
    enum fail fail;

    *holder = 0;
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

/* Reading, locking and replacing one small file so that it survives power cuts
 * and other writers. */
#include "pos/pairings_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pos/home.h"

enum { READ_PIECE = 4096, FOLDER_MODE = 0700, FILE_MODE = 0600 };

static enum fail fail_of_errno(void)
{
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
        return FAIL_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return FAIL_DENIED;
    case ENOSPC:
    case EDQUOT:
        return FAIL_FULL;
    case ENOMEM:
        return FAIL_MEMORY;
    case EISDIR:
        return FAIL_INVALID;
    case ENAMETOOLONG:
        return FAIL_LIMIT;
    default:
        return FAIL_IO;
    }
}

static enum fail read_all(int file, struct buf *out)
{
    for (;;) {
        char piece[READ_PIECE];
        ssize_t got = read(file, piece, sizeof(piece));

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return fail_of_errno();
        }
        if (got == 0) {
            return buf_fail(out);
        }
        buf_append(out, piece, (size_t)got);
        if (buf_fail(out) != FAIL_NONE) {
            return buf_fail(out);
        }
    }
}

enum fail pairings_file_read(const char *path, struct buf *out)
{
    /* Non-blocking, so that a named pipe is found out and not waited for. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    enum fail fail;

    if (file < 0) {
        return fail_of_errno();
    }
    if (fstat(file, &status) != 0) {
        fail = fail_of_errno();
    } else if (!S_ISREG(status.st_mode)) {
        fail = FAIL_INVALID;
    } else {
        fail = read_all(file, out);
    }
    (void)close(file);
    return fail;
}

/* Each folder above `path`, from the top; those that exist are left alone. */
static enum fail make_folders(const char *path)
{
    char folder[HOME_PATH_SIZE];
    char *slash;

    if (slice_copy(slice_of(path), folder, sizeof(folder)) != FAIL_NONE) {
        return FAIL_LIMIT;
    }
    for (slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, FOLDER_MODE) != 0 && errno != EEXIST) {
            /* A folder may exist though making it is forbidden. */
            enum fail fail = fail_of_errno();

            if (access(folder, X_OK) != 0) {
                return fail;
            }
        }
        *slash = '/';
    }
    return FAIL_NONE;
}

enum fail pairings_file_lock(const char *path, int *lock)
{
    char lock_path[HOME_PATH_SIZE];
    enum fail fail;
    int file;

    if (path[0] == '\0') {
        return FAIL_NOT_FOUND;
    }
    if (!text_format(lock_path, sizeof(lock_path), "%s.lock", path)) {
        return FAIL_LIMIT;
    }
    fail = make_folders(path);
    if (fail != FAIL_NONE) {
        return fail;
    }
    file = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (file < 0) {
        return fail_of_errno();
    }
    while (flock(file, LOCK_EX) != 0) {
        if (errno != EINTR) {
            fail = fail_of_errno();
            (void)close(file);
            return fail;
        }
    }
    *lock = file;
    return FAIL_NONE;
}

void pairings_file_unlock(int lock)
{
    (void)close(lock);
}

static enum fail write_all(int file, struct slice bytes)
{
    size_t done = 0;

    while (done < bytes.length) {
        ssize_t put = write(file, bytes.bytes + done, bytes.length - done);

        if (put < 0 && errno != EINTR) {
            return fail_of_errno();
        }
        done += put < 0 ? 0 : (size_t)put;
    }
    return fsync(file) == 0 ? FAIL_NONE : fail_of_errno();
}

/* The rename itself must survive a power cut too. */
static enum fail sync_folder(const char *path)
{
    char folder[HOME_PATH_SIZE];
    char *slash;
    enum fail fail;
    int file;

    if (slice_copy(slice_of(path), folder, sizeof(folder)) != FAIL_NONE) {
        return FAIL_LIMIT;
    }
    slash = strrchr(folder, '/');
    if (slash == NULL) {
        memcpy(folder, ".", sizeof("."));
    } else {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) {
        return fail_of_errno();
    }
    fail = fsync(file) == 0 ? FAIL_NONE : fail_of_errno();
    (void)close(file);
    return fail;
}

static enum fail replace_at(const char *path, struct slice bytes)
{
    char fresh[HOME_PATH_SIZE];
    enum fail fail;
    int file;

    if (!text_format(fresh, sizeof(fresh), "%s.XXXXXX", path)) {
        return FAIL_LIMIT;
    }
    file = mkostemp(fresh, O_CLOEXEC); /* 0600, whatever the umask */
    if (file < 0) {
        return fail_of_errno();
    }
    fail = write_all(file, bytes);
    if (close(file) != 0 && fail == FAIL_NONE) {
        fail = fail_of_errno();
    }
    if (fail == FAIL_NONE && rename(fresh, path) != 0) {
        fail = fail_of_errno();
    }
    if (fail != FAIL_NONE) {
        (void)unlink(fresh);
        return fail;
    }
    return sync_folder(path);
}

enum fail pairings_file_replace(const char *path, struct slice bytes)
{
    char *target = realpath(path, NULL);
    enum fail fail = replace_at(target == NULL ? path : target, bytes);

    free(target);
    return fail;
}

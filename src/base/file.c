/* The order is what matters: write, sync, rename, sync the directory. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"

enum { READ_PIECE = 4096, COPY_PIECE = 64 * 1024, FILE_MODE = 0600, DIRECTORY_MODE = 0700 };

static struct file_disk disk;

void file_disk_replace(const struct file_disk *replacement)
{
    static const struct file_disk real = {0};

    disk = replacement == NULL ? real : *replacement;
}

static long disk_write(int file, const void *bytes, size_t length)
{
    return disk.write == NULL ? write(file, bytes, length)
                              : disk.write(disk.context, file, bytes, length);
}

static int disk_sync(int file)
{
    return disk.sync == NULL ? fsync(file) : disk.sync(disk.context, file);
}

static int disk_rename(const char *from, const char *to)
{
    return disk.rename == NULL ? rename(from, to) : disk.rename(disk.context, from, to);
}

enum fail file_fail(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
    case EISDIR:
    case ELOOP:
        return FAIL_DENIED;
    case ENOENT:
    case ENOTDIR:
        return FAIL_NOT_FOUND;
    case ENOSPC:
    case EDQUOT:
        return FAIL_FULL;
    case ENOMEM:
        return FAIL_MEMORY;
    case EMFILE:
    case ENFILE:
    case ENAMETOOLONG:
        return FAIL_LIMIT;
    default:
        return FAIL_IO;
    }
}

static enum fail too_long(void)
{
    errno = ENAMETOOLONG;
    return FAIL_LIMIT;
}

/* Closes, and leaves errno as it was. */
static void close_quietly(int file)
{
    int error = errno;

    (void)close(file);
    errno = error;
}

/* --- Reading -------------------------------------------------------------- */

static enum fail read_all(int file, struct buf *out)
{
    char piece[READ_PIECE];
    enum fail fail = FAIL_NONE;
    ssize_t got = 1;

    while (got != 0 && fail == FAIL_NONE) {
        got = read(file, piece, sizeof(piece));
        if (got > 0) {
            buf_append(out, piece, (size_t)got);
            fail = buf_fail(out);
        } else if (got < 0 && errno != EINTR) {
            fail = file_fail(errno);
        }
    }
    secret_wipe(piece, sizeof(piece));
    return fail;
}

enum fail file_read(const char *path, struct buf *out)
{
    /* Non-blocking, so that a named pipe is found out and not waited for. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    enum fail fail;

    if (file < 0) {
        return file_fail(errno);
    }
    if (fstat(file, &status) != 0) {
        fail = file_fail(errno);
    } else if (!S_ISREG(status.st_mode)) {
        errno = EINVAL;
        fail = FAIL_INVALID;
    } else {
        fail = read_all(file, out);
    }
    close_quietly(file);
    return fail;
}

/* --- Replacing ------------------------------------------------------------ */

static enum fail write_all(int file, struct slice bytes)
{
    while (bytes.length > 0) {
        long wrote = disk_write(file, bytes.bytes, bytes.length);

        if (wrote > 0) {
            bytes = slice_make(bytes.bytes + wrote, bytes.length - (size_t)wrote);
        } else if (wrote == 0 || errno != EINTR) {
            return wrote == 0 ? FAIL_IO : file_fail(errno);
        }
    }
    return FAIL_NONE;
}

/* The directory that holds the name `path`. FAIL_LIMIT as too_long. */
static enum fail parent_of(const char *path, char parent[FILE_PATH_SIZE])
{
    const char *slash = strrchr(path, '/');
    bool fits;

    if (slash == NULL) {
        fits = text_format(parent, FILE_PATH_SIZE, ".");
    } else if (slash == path) {
        fits = text_format(parent, FILE_PATH_SIZE, "/");
    } else {
        fits = text_format(parent, FILE_PATH_SIZE, "%.*s", (int)(slash - path), path);
    }
    return fits ? FAIL_NONE : too_long();
}

enum fail file_sync(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    enum fail fail = FAIL_NONE;

    if (file < 0) {
        return file_fail(errno);
    }
    if (disk_sync(file) != 0 && errno != EINVAL) { /* EINVAL: no such thing on this file system */
        fail = file_fail(errno);
    }
    close_quietly(file);
    return fail;
}

/* Makes the name `path` survive a power cut: it is in its parent. */
static enum fail name_sync(const char *path)
{
    char parent[FILE_PATH_SIZE];
    enum fail fail = parent_of(path, parent);

    return fail == FAIL_NONE ? file_sync(parent) : fail;
}

/* A whole, durable file beside the present one. */
static enum fail write_fresh(const char *fresh, struct slice bytes)
{
    int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    enum fail fail;

    if (file < 0) {
        return file_fail(errno);
    }
    /* One that a power cut has left may be readable by others. */
    fail = fchmod(file, FILE_MODE) == 0 ? write_all(file, bytes) : file_fail(errno);
    if (fail == FAIL_NONE && disk_sync(file) != 0) {
        fail = file_fail(errno);
    }
    if (fail != FAIL_NONE) {
        close_quietly(file);
    } else if (close(file) != 0) {
        fail = file_fail(errno);
    }
    if (fail != FAIL_NONE) {
        int error = errno;

        (void)unlink(fresh);
        errno = error;
    }
    return fail;
}

enum fail file_replace(const char *path, struct slice bytes)
{
    char fresh[FILE_PATH_SIZE];
    enum fail fail;

    if (!text_format(fresh, sizeof(fresh), "%s.new", path)) {
        return too_long();
    }
    fail = write_fresh(fresh, bytes);
    if (fail != FAIL_NONE) {
        return fail;
    }
    if (disk_rename(fresh, path) != 0) {
        int error = errno;

        (void)unlink(fresh);
        errno = error;
        return file_fail(error);
    }
    return name_sync(path); /* until then the rename itself may be lost with the power */
}

/* --- Copying, renaming ----------------------------------------------------- */

static enum fail copy_all(int from, int to, const struct progress *progress)
{
    char piece[COPY_PIECE];
    struct stat status;
    int64_t total = 0;
    enum fail fail = fstat(from, &status) == 0 ? FAIL_NONE : file_fail(errno);
    ssize_t got = 1;

    while (fail == FAIL_NONE && got != 0) {
        if (!progress_go_on(progress, total, status.st_size)) {
            fail = FAIL_CLOSED;
            break;
        }
        got = read(from, piece, sizeof(piece));
        if (got > 0) {
            total += got;
            fail = write_all(to, slice_make(piece, (size_t)got));
        } else if (got < 0 && errno != EINTR) {
            fail = file_fail(errno);
        }
    }
    secret_wipe(piece, sizeof(piece));
    return fail == FAIL_NONE && disk_sync(to) != 0 ? file_fail(errno) : fail;
}

enum fail file_copy(const char *from, const char *to, const struct progress *progress)
{
    int source = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    enum fail fail;
    int file;

    if (source < 0) {
        return file_fail(errno);
    }
    file = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (file < 0) {
        fail = errno == EEXIST ? FAIL_CONFLICT : file_fail(errno);
        close_quietly(source);
        return fail;
    }
    fail = copy_all(source, file, progress);
    close_quietly(source);
    close_quietly(file);
    if (fail != FAIL_NONE) {
        int error = errno;

        (void)unlink(to);
        errno = error;
    }
    return fail;
}

enum fail file_rename(const char *from, const char *to)
{
    return disk_rename(from, to) == 0 ? FAIL_NONE : file_fail(errno);
}

/* --- Directories ---------------------------------------------------------- */

static enum fail one_directory_make(const char *path)
{
    struct stat status;

    if (mkdir(path, DIRECTORY_MODE) == 0) {
        return name_sync(path);
    }
    /* It may be there although making it is forbidden, or the disk is read-only. */
    if (stat(path, &status) != 0) {
        return file_fail(errno);
    }
    if (!S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        return FAIL_DENIED;
    }
    return FAIL_NONE;
}

enum fail directory_make(const char *directory)
{
    char path[FILE_PATH_SIZE];
    size_t length = strlen(directory);
    enum fail fail = FAIL_NONE;
    size_t i;

    if (length == 0) {
        errno = ENOENT;
        return FAIL_INVALID;
    }
    if (slice_copy(slice_of(directory), path, sizeof(path)) != FAIL_NONE) {
        return too_long();
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

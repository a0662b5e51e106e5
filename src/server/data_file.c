/* Small files that must not be lost or half written. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "server/data.h"

static enum fail fail_of(int trouble)
{
    switch (trouble) {
    case ENOENT:
        return FAIL_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return FAIL_DENIED;
    case ENOSPC:
    case EDQUOT:
        return FAIL_FULL;
    default:
        return FAIL_IO;
    }
}

static enum fail write_and_sync(int descriptor, struct slice bytes)
{
    while (bytes.length > 0) {
        ssize_t length = write(descriptor, bytes.bytes, bytes.length);

        if (length > 0) {
            bytes = slice_make(bytes.bytes + length, bytes.length - (size_t)length);
        } else if (errno != EINTR) {
            return fail_of(errno);
        }
    }
    return fsync(descriptor) == 0 ? FAIL_NONE : fail_of(errno);
}

static enum fail directory_sync(const char *directory)
{
    int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum fail fail;

    if (descriptor < 0) {
        return fail_of(errno);
    }
    fail = fsync(descriptor) == 0 ? FAIL_NONE : fail_of(errno);
    (void)close(descriptor);
    return fail;
}

enum fail data_file_write(const char *directory, const char *name, struct slice bytes)
{
    char path[DATA_PATH_SIZE];
    char fresh[DATA_PATH_SIZE];
    int descriptor;
    enum fail fail;

    if (data_path(directory, name, path) != FAIL_NONE ||
        !text_format(fresh, sizeof(fresh), "%s.new", path)) {
        return FAIL_LIMIT;
    }
    descriptor =
        open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (descriptor < 0) {
        return fail_of(errno);
    }
    fail = write_and_sync(descriptor, bytes);
    (void)close(descriptor);
    if (fail == FAIL_NONE && rename(fresh, path) != 0) {
        fail = fail_of(errno);
    }
    if (fail != FAIL_NONE) {
        (void)unlink(fresh);
        return fail;
    }
    return directory_sync(directory);
}

enum fail data_file_read(const char *directory, const char *name, struct buf *out)
{
    char path[DATA_PATH_SIZE];
    enum fail fail = data_path(directory, name, path);
    int descriptor;
    ssize_t length = 1;

    if (fail != FAIL_NONE) {
        return fail;
    }
    descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return fail_of(errno);
    }
    while (fail == FAIL_NONE && length != 0) {
        char piece[256];

        length = read(descriptor, piece, sizeof(piece));
        if (length > 0) {
            buf_append(out, piece, (size_t)length);
            fail = buf_fail(out);
        } else if (length < 0 && errno != EINTR) {
            fail = fail_of(errno);
        }
        secret_wipe(piece, sizeof(piece));
    }
    (void)close(descriptor);
    return fail;
}

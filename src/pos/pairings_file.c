/* Reading, locking and replacing one small file so that it survives power cuts
 * and other writers. */
#include "pos/pairings_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/home.h"

enum { FILE_MODE = 0600 };

enum fail pairings_file_read(const char *path, struct buf *out)
{
    return file_read(path, out);
}

/* The folder that holds the file, with those above it. */
static enum fail make_folders(const char *path)
{
    char folder[FILE_PATH_SIZE];
    char *slash;

    if (slice_copy(slice_of(path), folder, sizeof(folder)) != FAIL_NONE) {
        return FAIL_LIMIT;
    }
    slash = strrchr(folder, '/');
    if (slash == NULL || slash == folder) {
        return FAIL_NONE;
    }
    *slash = '\0';
    return directory_make(folder);
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
        return file_fail(errno);
    }
    while (flock(file, LOCK_EX) != 0) {
        if (errno != EINTR) {
            fail = file_fail(errno);
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

enum fail pairings_file_replace(const char *path, struct slice bytes)
{
    char *target = realpath(path, NULL);
    enum fail fail = file_replace(target == NULL ? path : target, bytes);

    free(target);
    return fail;
}

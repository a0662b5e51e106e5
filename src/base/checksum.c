/* SHA-256 over libsodium, a piece at a time. */
#include "base/checksum.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"

enum { PIECE = 64 * 1024, PIECES_BETWEEN_QUESTIONS = 64 };

static_assert(CHECKSUM_SIZE == 2 * crypto_hash_sha256_BYTES + 1, "hexadecimal digits");

static enum fail sum_all(int file, int64_t size, const struct progress *progress,
                         crypto_hash_sha256_state *state, int64_t *bytes)
{
    unsigned char piece[PIECE];
    int64_t total = 0;
    unsigned pieces = 0;
    ssize_t got;

    do {
        if (pieces++ % PIECES_BETWEEN_QUESTIONS == 0 && !progress_go_on(progress, total, size)) {
            return FAIL_CLOSED;
        }
        got = read(file, piece, sizeof(piece));
        if (got < 0 && errno != EINTR) {
            return file_fail(errno);
        }
        if (got > 0) {
            (void)crypto_hash_sha256_update(state, piece, (unsigned long long)got);
            total += got;
        }
    } while (got != 0);
    *bytes = total;
    return FAIL_NONE;
}

enum fail checksum_file(const char *path, const struct progress *progress, char out[CHECKSUM_SIZE],
                        int64_t *bytes)
{
    unsigned char sum[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;
    struct stat status;
    enum fail fail;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (file < 0) {
        return file_fail(errno);
    }
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        (void)close(file);
        errno = EINVAL;
        return FAIL_INVALID;
    }
    (void)crypto_hash_sha256_init(&state);
    fail = sum_all(file, status.st_size, progress, &state, bytes);
    (void)close(file);
    if (fail == FAIL_NONE) {
        (void)crypto_hash_sha256_final(&state, sum);
        (void)sodium_bin2hex(out, CHECKSUM_SIZE, sum, sizeof(sum));
    }
    return fail;
}

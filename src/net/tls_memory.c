/* Large blocks apart.
 *
 * A handshake takes buffers of 4 to 22 KB, and each record one of 17 KB, for a
 * moment. From malloc they would lie between the 14 KB that each connection
 * keeps; when fifteen thousand terminals come back at once, what is given back
 * leaves holes that nobody can use, and an idle terminal costs twice as much.
 * So these come from a region of slots of their own. A few that were used last
 * stay warm; the memory of the others goes back to the system at once. The
 * region is only reserved: what was never touched costs nothing. */
#include "net/tls_memory.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <openssl/crypto.h>

enum {
    SLOT_BYTES = 24 * 1024,
    SLOTS = 64 * 1024,
    WARM_MAX = 32,
    /* OpenSSL's buffers of a handshake's messages, and of records; between the
     * two stands what a connection keeps (7.6 KB), which is malloc's. */
    BUFFER_BYTES = 4096,
    RECORD_BYTES = 16 * 1024,
};

static const size_t REGION_BYTES = (size_t)SLOTS * SLOT_BYTES;

static char *region; /* for the life of the process; NULL: all is malloc's */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows */
static uint32_t warm[WARM_MAX];                          /* free, with memory */
static uint32_t warm_count;
static uint32_t cold[SLOTS]; /* free, without */
static uint32_t cold_count;
static uint32_t used; /* slots that were given out at least once */

static bool is_ours(const void *block)
{
    return region != NULL && (const char *)block >= region &&
           (const char *)block < region + REGION_BYTES;
}

static bool is_for_us(size_t size)
{
    return region != NULL && (size == BUFFER_BYTES || (size >= RECORD_BYTES && size <= SLOT_BYTES));
}

/* NULL: all slots are taken. */
static void *slot_take(void)
{
    uint32_t slot = SLOTS;

    pthread_mutex_lock(&lock);
    if (warm_count > 0) {
        slot = warm[--warm_count];
    } else if (cold_count > 0) {
        slot = cold[--cold_count];
    } else if (used < SLOTS) {
        slot = used++;
    }
    pthread_mutex_unlock(&lock);
    return slot == SLOTS ? NULL : region + (size_t)slot * SLOT_BYTES;
}

static void slot_give(char *block)
{
    uint32_t slot = (uint32_t)((size_t)(block - region) / SLOT_BYTES);
    bool stays;

    pthread_mutex_lock(&lock);
    stays = warm_count < WARM_MAX;
    if (stays) {
        warm[warm_count++] = slot;
    }
    pthread_mutex_unlock(&lock);
    if (stays) {
        return;
    }
    (void)madvise(block, SLOT_BYTES, MADV_DONTNEED); /* before anybody else may have it */
    pthread_mutex_lock(&lock);
    cold[cold_count++] = slot;
    pthread_mutex_unlock(&lock);
}

/* --- What OpenSSL calls ---------------------------------------------------------- */

static void *take(size_t size, const char *file, int line)
{
    void *slot = is_for_us(size) ? slot_take() : NULL;

    (void)file;
    (void)line;
    return slot != NULL ? slot : malloc(size);
}

static void give(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    if (is_ours(block)) {
        slot_give(block);
    } else {
        free(block);
    }
}

static void *change(void *block, size_t size, const char *file, int line)
{
    void *larger;

    if (!is_ours(block)) {
        return realloc(block, size);
    }
    if (size <= SLOT_BYTES) {
        return block;
    }
    larger = malloc(size);
    if (larger != NULL) {
        memcpy(larger, block, SLOT_BYTES);
        give(block, file, line);
    }
    return larger;
}

/* --- Starting ------------------------------------------------------------------------ */

static void start(void)
{
    void *reserved;

    if (CRYPTO_set_mem_functions(take, change, give) != 1) {
        return;
    }
    reserved = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved != MAP_FAILED) {
        region = reserved;
    }
}

bool tls_memory_start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, start);
    return region != NULL;
}

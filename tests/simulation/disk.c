/* A layer of SQLite, to whose files only this one thread comes. */
#include "simulation/disk.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/text.h"
#include "simulation/disk_image.h"

enum {
    FILES_MAX = 6,
    NAME_SIZE = 600,
    REGIONS_MAX = 64,
};

struct disk_file {
    char name[NAME_SIZE]; /* "": free */
    struct disk_image image;
    unsigned handles;
    unsigned levels[SQLITE_LOCK_EXCLUSIVE + 1]; /* handles that hold this lock */
    void *regions[REGIONS_MAX];                 /* of the log's index */
    int index_shared[SQLITE_SHM_NLOCK];
    bool index_exclusive[SQLITE_SHM_NLOCK];
};

/* What SQLite holds of a file. */
struct handle {
    sqlite3_file base; /* first */
    struct disk_file *file;
    int level;
    unsigned shared; /* locks of the log's index, by bits */
    unsigned exclusive;
    bool temporary;
};

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    struct chance *chance;
    struct disk_file files[FILES_MAX];
    bool off;
    bool failing;
    bool full;
    bool is_armed;
    bool loses_power;
    unsigned left;
} disk;

/* --- Power ---------------------------------------------------------------- */

void disk_power_off(void)
{
    size_t i;

    if (disk.off) {
        return;
    }
    disk.off = true;
    for (i = 0; i < FILES_MAX; i++) {
        image_lose_power(&disk.files[i].image, disk.chance);
    }
}

void disk_power_on(void)
{
    size_t i;

    disk.off = disk.failing = false;
    disk_disarm();
    for (i = 0; i < FILES_MAX; i++) {
        assert(disk.files[i].handles == 0);
    }
}

bool disk_has_failed(void)
{
    return disk.off || disk.failing;
}

/* --- What fails ------------------------------------------------------------- */

/* A write or a sync is asked for. SQLITE_OK, or what it is to answer. */
static int meet(int code)
{
    if (disk.off || disk.failing) {
        return code;
    }
    if (!disk.is_armed || disk.left-- > 0) {
        return SQLITE_OK;
    }
    if (disk.loses_power) {
        disk_power_off();
    } else {
        disk.failing = true;
    }
    return code;
}

void disk_arm(unsigned calls, bool loses_power)
{
    disk.left = calls;
    disk.is_armed = true;
    disk.loses_power = loses_power;
}

bool disk_is_full(void)
{
    return disk.full;
}

void disk_disarm(void)
{
    disk.is_armed = false;
}

void disk_set_full(bool full)
{
    disk.full = full;
}

/* --- A file's calls ---------------------------------------------------------- */

static struct handle *handle_of(sqlite3_file *file)
{
    return (struct handle *)(void *)file;
}

static int disk_read(sqlite3_file *base, void *out, int count, sqlite3_int64 at)
{
    const struct disk_file *file = handle_of(base)->file;
    size_t length = (size_t)count;
    size_t there;

    if (disk.off) {
        return SQLITE_IOERR_READ;
    }
    there = (size_t)at < file->image.size ? file->image.size - (size_t)at : 0;
    if (there >= length) {
        memcpy(out, file->image.bytes + at, length);
        return SQLITE_OK;
    }
    memset(out, 0, length);
    if (there > 0) {
        memcpy(out, file->image.bytes + at, there);
    }
    return SQLITE_IOERR_SHORT_READ;
}

static int disk_write(sqlite3_file *base, const void *in, int count, sqlite3_int64 at)
{
    struct disk_image *image = &handle_of(base)->file->image;
    bool is_temporary = handle_of(base)->temporary;

    if (disk.full && (size_t)at + (size_t)count > image->size && !is_temporary) {
        return SQLITE_FULL;
    }
    if (disk.off || disk.failing) {
        return SQLITE_IOERR_WRITE;
    }
    image_write(image, (size_t)at, in, (size_t)count); /* what the power takes may be this, too */
    return meet(SQLITE_IOERR_WRITE);
}

static int disk_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    if (disk.off || disk.failing) {
        return SQLITE_IOERR_TRUNCATE;
    }
    image_resize(&handle_of(base)->file->image, (size_t)size);
    return SQLITE_OK;
}

static int disk_sync(sqlite3_file *base, int flags)
{
    int code = meet(SQLITE_IOERR_FSYNC);

    (void)flags;
    if (code == SQLITE_OK) {
        image_is_synced(&handle_of(base)->file->image);
    }
    return code;
}

static int disk_size(sqlite3_file *base, sqlite3_int64 *out)
{
    *out = (sqlite3_int64)handle_of(base)->file->image.size;
    return SQLITE_OK;
}

/* --- Locks --------------------------------------------------------------------- */

static unsigned held_by_others(const struct handle *handle, int level)
{
    unsigned count = 0;
    int i;

    for (i = level; i <= SQLITE_LOCK_EXCLUSIVE; i++) {
        count += handle->file->levels[i];
    }
    return count - (handle->level >= level ? 1 : 0);
}

static void set_level(struct handle *handle, int level)
{
    handle->file->levels[handle->level]--;
    handle->level = level;
    handle->file->levels[level]++;
}

static int disk_lock(sqlite3_file *base, int level)
{
    struct handle *handle = handle_of(base);
    int against = level == SQLITE_LOCK_SHARED     ? SQLITE_LOCK_PENDING
                  : level == SQLITE_LOCK_RESERVED ? SQLITE_LOCK_RESERVED
                                                  : SQLITE_LOCK_SHARED;

    if (level <= handle->level) {
        return SQLITE_OK;
    }
    if (held_by_others(handle, against) > 0) {
        return SQLITE_BUSY;
    }
    set_level(handle, level);
    return SQLITE_OK;
}

static int disk_unlock(sqlite3_file *base, int level)
{
    if (level < handle_of(base)->level) {
        set_level(handle_of(base), level);
    }
    return SQLITE_OK;
}

static int disk_is_reserved(sqlite3_file *base, int *out)
{
    *out = held_by_others(handle_of(base), SQLITE_LOCK_RESERVED) > 0 ||
           handle_of(base)->level >= SQLITE_LOCK_RESERVED;
    return SQLITE_OK;
}

static int disk_control(sqlite3_file *base, int operation, void *argument)
{
    (void)base;
    (void)operation;
    (void)argument;
    return SQLITE_NOTFOUND;
}

/* The default sector, and no promises of what a write leaves alone. */
static int disk_has_none(sqlite3_file *base)
{
    (void)base;
    return 0;
}

/* --- The log's index: shared memory, which no power cut survives ------------------ */

static int disk_map(sqlite3_file *base, int region, int size, int extend, void volatile **out)
{
    struct disk_file *file = handle_of(base)->file;

    assert(region < REGIONS_MAX);
    if (file->regions[region] == NULL && extend) {
        file->regions[region] = calloc(1, (size_t)size);
        assert(file->regions[region] != NULL);
    }
    *out = file->regions[region];
    return SQLITE_OK;
}

static int index_lock_one(struct handle *handle, int at, int flags)
{
    struct disk_file *file = handle->file;
    unsigned bit = 1U << at;

    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        file->index_shared[at] -= (handle->shared & bit) != 0;
        file->index_exclusive[at] &= (handle->exclusive & bit) == 0;
        handle->shared &= ~bit;
        handle->exclusive &= ~bit;
        return SQLITE_OK;
    }
    if (file->index_exclusive[at] && (handle->exclusive & bit) == 0) {
        return SQLITE_BUSY;
    }
    if ((flags & SQLITE_SHM_SHARED) != 0) {
        file->index_shared[at] += (handle->shared & bit) == 0;
        handle->shared |= bit;
        return SQLITE_OK;
    }
    if (file->index_shared[at] - ((handle->shared & bit) != 0) > 0) {
        return SQLITE_BUSY;
    }
    file->index_exclusive[at] = true;
    handle->exclusive |= bit;
    return SQLITE_OK;
}

static int disk_map_lock(sqlite3_file *base, int offset, int count, int flags)
{
    int i;

    for (i = offset; i < offset + count; i++) {
        int code = index_lock_one(handle_of(base), i, flags);

        if (code != SQLITE_OK) {
            while (--i >= offset) {
                (void)index_lock_one(handle_of(base), i,
                                     SQLITE_SHM_UNLOCK | (flags & ~SQLITE_SHM_LOCK));
            }
            return code;
        }
    }
    return SQLITE_OK;
}

static void disk_map_barrier(sqlite3_file *base)
{
    (void)base;
}

static int disk_unmap(sqlite3_file *base, int remove)
{
    (void)base;
    (void)remove;
    return SQLITE_OK;
}

static void index_forget(struct disk_file *file)
{
    size_t i;

    for (i = 0; i < REGIONS_MAX; i++) {
        free(file->regions[i]);
        file->regions[i] = NULL;
    }
    memset(file->index_shared, 0, sizeof(file->index_shared));
    memset(file->index_exclusive, 0, sizeof(file->index_exclusive));
}

/* --- Opening and closing --------------------------------------------------------- */

static void file_forget(struct disk_file *file)
{
    index_forget(file);
    image_finish(&file->image);
    *file = (struct disk_file){0};
}

static int disk_close(sqlite3_file *base)
{
    struct handle *handle = handle_of(base);
    struct disk_file *file = handle->file;

    (void)disk_map_lock(base, 0, SQLITE_SHM_NLOCK, SQLITE_SHM_UNLOCK);
    file->levels[handle->level]--;
    if (--file->handles == 0) {
        index_forget(file);
        if (handle->temporary) {
            file_forget(file);
        }
    }
    return SQLITE_OK;
}

static const sqlite3_io_methods DISK_METHODS = {
    .iVersion = 2,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_is_reserved,
    .xFileControl = disk_control,
    .xSectorSize = disk_has_none,
    .xDeviceCharacteristics = disk_has_none,
    .xShmMap = disk_map,
    .xShmLock = disk_map_lock,
    .xShmBarrier = disk_map_barrier,
    .xShmUnmap = disk_unmap,
};

static struct disk_file *file_find(const char *name)
{
    size_t i;

    for (i = 0; i < FILES_MAX; i++) {
        if (strcmp(disk.files[i].name, name) == 0) {
            return &disk.files[i];
        }
    }
    return NULL;
}

static int disk_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *base, int flags,
                     int *out_flags)
{
    struct handle *handle = handle_of(base);
    const char *called = name == NULL ? "(temporary)" : name;
    struct disk_file *file = file_find(called);

    (void)vfs;
    *handle = (struct handle){.temporary = name == NULL};
    if (disk.off) {
        return SQLITE_CANTOPEN;
    }
    if (file == NULL) {
        file = file_find("");
        assert(file != NULL);
        (void)text_format(file->name, NAME_SIZE, "%s", called);
    }
    assert(!handle->temporary || file->handles == 0);
    handle->file = file;
    file->handles++;
    file->levels[SQLITE_LOCK_NONE]++;
    handle->base.pMethods = &DISK_METHODS;
    if (out_flags != NULL) {
        *out_flags = flags;
    }
    return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    struct disk_file *file = file_find(name);

    (void)vfs;
    (void)sync;
    if (disk.off || disk.failing) {
        return SQLITE_IOERR_DELETE;
    }
    if (file == NULL) {
        return SQLITE_IOERR_DELETE_NOENT;
    }
    assert(file->handles == 0);
    file_forget(file);
    return SQLITE_OK;
}

static int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    (void)vfs;
    (void)flags;
    *out = file_find(name) != NULL;
    return SQLITE_OK;
}

static int disk_full_name(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    (void)vfs;
    return text_format(out, (size_t)size, "%s", name) ? SQLITE_OK : SQLITE_CANTOPEN;
}

/* --- Runs ----------------------------------------------------------------------- */

void disk_install(void)
{
    disk.real = sqlite3_vfs_find(NULL);
    assert(disk.real != NULL);
    disk.vfs = *disk.real;
    disk.vfs.pNext = NULL;
    disk.vfs.zName = "simulation";
    disk.vfs.szOsFile = (int)sizeof(struct handle);
    disk.vfs.xOpen = disk_open;
    disk.vfs.xDelete = disk_delete;
    disk.vfs.xAccess = disk_access;
    disk.vfs.xFullPathname = disk_full_name;
    (void)sqlite3_vfs_register(&disk.vfs, 1);
}

void disk_begin(struct chance *chance)
{
    disk_end();
    disk.chance = chance;
    disk.off = disk.failing = disk.full = false;
    disk_disarm();
}

void disk_end(void)
{
    size_t i;

    for (i = 0; i < FILES_MAX; i++) {
        assert(disk.files[i].handles == 0);
        file_forget(&disk.files[i]);
    }
}

/* A disk that fails when told to: a layer between SQLite and the real files.
 *
 * The nth matching call (write, sync, read; of the database or of its log)
 * returns the code that the test has chosen, instead of doing its work. A full
 * disk stays full until fault_heal; a broken one too. */
#ifndef TESTS_STORE_FAULT_VFS_H
#define TESTS_STORE_FAULT_VFS_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include <sqlite3.h>

enum { FAULT_WRITE = 1, FAULT_SYNC = 2, FAULT_READ = 4 };
enum { FAULT_DATABASE = SQLITE_OPEN_MAIN_DB, FAULT_LOG = SQLITE_OPEN_WAL };

struct fault_file {
    sqlite3_file base; /* first: SQLite knows no more of us */
    int kind;
    sqlite3_file *real; /* in the memory behind this struct */
};

static struct fault {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    atomic_int calls; /* FAULT_WRITE | ... that count */
    atomic_int files; /* FAULT_DATABASE | ... that count */
    atomic_int left;  /* matching calls until it fails; negative: never */
    atomic_int code;
    atomic_int seen;   /* matching calls since fault_arm */
    atomic_int failed; /* of those, failed */
    /* Nobody waits for the real disk: for tests of hundreds of databases, which
     * meet no loss of power. */
    bool skips_syncs;
} fault;

/* The call number `nth` (from 0) of these fails with `code`, and all after it. */
static inline void fault_arm(int calls, int files, int nth, int code)
{
    atomic_store(&fault.left, -1);
    atomic_store(&fault.calls, calls);
    atomic_store(&fault.files, files);
    atomic_store(&fault.code, code);
    atomic_store(&fault.seen, 0);
    atomic_store(&fault.failed, 0);
    atomic_store(&fault.left, nth);
}

static inline void fault_heal(void)
{
    atomic_store(&fault.left, -1);
}

/* SQLITE_OK, or what the call is to return. */
static inline int fault_meet(const struct fault_file *file, int call)
{
    if (atomic_load(&fault.left) < 0 || (atomic_load(&fault.calls) & call) == 0 ||
        (atomic_load(&fault.files) & file->kind) == 0) {
        return SQLITE_OK;
    }
    if (atomic_fetch_add(&fault.seen, 1) < atomic_load(&fault.left)) {
        return SQLITE_OK;
    }
    atomic_fetch_add(&fault.failed, 1);
    return atomic_load(&fault.code);
}

static inline struct fault_file *fault_file_of(sqlite3_file *file)
{
    return (struct fault_file *)(void *)file;
}

static inline int fault_close(sqlite3_file *file)
{
    sqlite3_file *real = fault_file_of(file)->real;

    return real->pMethods->xClose(real);
}

static inline int fault_read(sqlite3_file *file, void *out, int count, sqlite3_int64 at)
{
    sqlite3_file *real = fault_file_of(file)->real;
    int code = fault_meet(fault_file_of(file), FAULT_READ);

    return code != SQLITE_OK ? code : real->pMethods->xRead(real, out, count, at);
}

static inline int fault_write(sqlite3_file *file, const void *in, int count, sqlite3_int64 at)
{
    sqlite3_file *real = fault_file_of(file)->real;
    int code = fault_meet(fault_file_of(file), FAULT_WRITE);

    if (code != SQLITE_OK) {
        /* Torn: half of it reaches the disk, as it may in life. */
        (void)real->pMethods->xWrite(real, in, count / 2, at);
        return code;
    }
    return real->pMethods->xWrite(real, in, count, at);
}

static inline int fault_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    sqlite3_file *real = fault_file_of(file)->real;

    return real->pMethods->xTruncate(real, size);
}

static inline int fault_sync(sqlite3_file *file, int flags)
{
    sqlite3_file *real = fault_file_of(file)->real;
    int code = fault_meet(fault_file_of(file), FAULT_SYNC);

    if (code != SQLITE_OK || fault.skips_syncs) {
        return code;
    }
    return real->pMethods->xSync(real, flags);
}

static inline int fault_size(sqlite3_file *file, sqlite3_int64 *out)
{
    sqlite3_file *real = fault_file_of(file)->real;

    return real->pMethods->xFileSize(real, out);
}

static inline int fault_lock(sqlite3_file *file, int level)
{
    sqlite3_file *real = fault_file_of(file)->real;

    return real->pMethods->xLock(real, level);
}

static inline int fault_unlock(sqlite3_file *file, int level)
{
    sqlite3_file *real = fault_file_of(file)->real;

    return real->pMethods->xUnlock(real, level);
}

static inline int fault_check_lock(sqlite3_file *file, int *out)
{
    sqlite3_file *real = fault_file_of(file)->real;

    return real->pMethods->xCheckReservedLock(real, out);
}

static inline int fault_control(sqlite3_file *file, int operation, void *argument)
{
    sqlite3_file *real = fault_file_of(file)->real;

    return real->pMethods->xFileControl(real, operation, argument);
}

static inline int fault_sector(sqlite3_file *file)
{
    sqlite3_file *real = fault_file_of(file)->real;

    return real->pMethods->xSectorSize(real);
}

static inline int fault_character(sqlite3_file *file)
{
    sqlite3_file *real = fault_file_of(file)->real;

    return real->pMethods->xDeviceCharacteristics(real);
}

static inline int fault_map(sqlite3_file *file, int region, int size, int extend,
                            void volatile **out)
{
    sqlite3_file *real = fault_file_of(file)->real;

    return real->pMethods->xShmMap(real, region, size, extend, out);
}

static inline int fault_map_lock(sqlite3_file *file, int offset, int count, int flags)
{
    sqlite3_file *real = fault_file_of(file)->real;

    return real->pMethods->xShmLock(real, offset, count, flags);
}

static inline void fault_map_barrier(sqlite3_file *file)
{
    sqlite3_file *real = fault_file_of(file)->real;

    real->pMethods->xShmBarrier(real);
}

static inline int fault_unmap(sqlite3_file *file, int remove)
{
    sqlite3_file *real = fault_file_of(file)->real;

    return real->pMethods->xShmUnmap(real, remove);
}

static const sqlite3_io_methods FAULT_METHODS = {
    .iVersion = 2,
    .xClose = fault_close,
    .xRead = fault_read,
    .xWrite = fault_write,
    .xTruncate = fault_truncate,
    .xSync = fault_sync,
    .xFileSize = fault_size,
    .xLock = fault_lock,
    .xUnlock = fault_unlock,
    .xCheckReservedLock = fault_check_lock,
    .xFileControl = fault_control,
    .xSectorSize = fault_sector,
    .xDeviceCharacteristics = fault_character,
    .xShmMap = fault_map,
    .xShmLock = fault_map_lock,
    .xShmBarrier = fault_map_barrier,
    .xShmUnmap = fault_unmap,
};

static inline int fault_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags,
                             int *out_flags)
{
    struct fault_file *own = fault_file_of(file);
    int code;

    (void)vfs;
    own->kind = flags & (FAULT_DATABASE | FAULT_LOG);
    own->real = (sqlite3_file *)(void *)(own + 1);
    own->base.pMethods = NULL;
    code = fault.real->xOpen(fault.real, name, own->real, flags, out_flags);
    if (own->real->pMethods != NULL) {
        own->base.pMethods = &FAULT_METHODS;
    }
    return code;
}

/* From now on every connection of this process goes through it. */
static inline void fault_install(void)
{
    fault.real = sqlite3_vfs_find(NULL);
    assert(fault.real != NULL);
    fault.vfs = *fault.real;
    fault.vfs.pNext = NULL;
    fault.vfs.zName = "fault";
    fault.vfs.szOsFile = (int)sizeof(struct fault_file) + fault.real->szOsFile;
    fault.vfs.xOpen = fault_open;
    fault_heal();
    (void)sqlite3_vfs_register(&fault.vfs, 1);
}

#endif

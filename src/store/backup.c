/* SQLite's own copying, page by page, from a reader's view.
 *
 * The view is opened first and held to the end, so that all steps see the same
 * moment and none begins again when the writer has written meanwhile. What that
 * costs is room: the write-ahead log cannot begin anew before the copy is
 * done, and grows by what is written until then.
 *
 * The copy is handed to the disk every few megabytes. All of it at the end
 * would stand in front of the writer's next commit on many file systems.
 *
 * VACUUM INTO would make a smaller copy, but in one statement: it cannot say
 * how far it is, and takes three times the work. */
#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "store/facts.h"
#include "store/sqlite.h"

enum { STEP_PAGES = 256, STEPS_BETWEEN_SYNCS = 8 };

/* The copy has no reader before it is complete: it needs no journal. */
static const char PRAGMAS_OF_COPY[] = "PRAGMA journal_mode = OFF;"
                                      "PRAGMA synchronous = OFF;"
                                      "PRAGMA cache_size = -2048;";

static enum fail file_make(const char *path, char problem[STORE_PROBLEM_SIZE])
{
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum fail fail;

    if (file < 0) {
        fail = errno == EEXIST ? FAIL_CONFLICT : file_fail(errno);
        (void)text_format(problem, STORE_PROBLEM_SIZE, "%s cannot be made: %s", path,
                          strerror(errno));
        return fail;
    }
    (void)close(file);
    return FAIL_NONE;
}

static enum fail copy_say(enum fail fail, const char *why, char problem[STORE_PROBLEM_SIZE])
{
    (void)text_format(problem, STORE_PROBLEM_SIZE, "the database could not be copied: %s",
                      fail == FAIL_FULL     ? "there is no room left on the disk"
                      : fail == FAIL_CLOSED ? "it was stopped"
                                            : why);
    return fail;
}

/* Until the copy is whole. */
static enum fail copy_run(sqlite3_backup *copy, struct store_tx *to, const char *path,
                          const struct progress *progress, int64_t page_size)
{
    unsigned steps = 0;
    int code = SQLITE_OK;

    while (code == SQLITE_OK) {
        code = sqlite3_backup_step(copy, STEP_PAGES);
        if (code == SQLITE_OK || code == SQLITE_DONE) {
            int64_t pages = sqlite3_backup_pagecount(copy);
            int64_t left = sqlite3_backup_remaining(copy);

            if (!progress_go_on(progress, (pages - left) * page_size, pages * page_size)) {
                return FAIL_CLOSED;
            }
        }
        if (code == SQLITE_OK && ++steps % STEPS_BETWEEN_SYNCS == 0) {
            enum fail fail = file_sync(path);

            if (fail != FAIL_NONE) {
                return fail;
            }
        }
    }
    return sqlite_note(to, code);
}

static int64_t page_size_of(struct store_tx *tx)
{
    sqlite3_stmt *statement;
    int64_t size = 0;

    if (sqlite_prepare(tx, "PRAGMA page_size", &statement) == FAIL_NONE) {
        if (sqlite3_step(statement) == SQLITE_ROW) {
            size = sqlite3_column_int64(statement, 0);
        }
        (void)sqlite3_reset(statement);
    }
    return size;
}

static enum fail copy_to(struct store_tx *from, struct store_tx *to, const char *path,
                         const struct progress *progress, char problem[STORE_PROBLEM_SIZE])
{
    sqlite3_backup *copy = NULL;
    enum fail fail = sqlite_note(
        to, sqlite3_open_v2(path, &to->handle, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE, NULL));

    if (fail == FAIL_NONE) {
        (void)sqlite3_extended_result_codes(to->handle, 1);
        fail = sqlite_run(to, PRAGMAS_OF_COPY);
    }
    if (fail == FAIL_NONE) {
        copy = sqlite3_backup_init(to->handle, "main", from->handle, "main");
        fail = copy == NULL ? sqlite_note(to, sqlite3_errcode(to->handle))
                            : copy_run(copy, to, path, progress, page_size_of(from));
    }
    if (copy != NULL) {
        int code = sqlite3_backup_finish(copy); /* tells what was told already, or that it wrote */

        fail = fail == FAIL_NONE ? sqlite_note(to, code) : fail;
    }
    return fail == FAIL_NONE
               ? fail
               : copy_say(fail, to->handle == NULL ? fail_text(fail) : sqlite3_errmsg(to->handle),
                          problem);
}

enum fail store_backup(const char *from, const char *to, const struct progress *progress,
                       struct store_facts *facts, char problem[STORE_PROBLEM_SIZE])
{
    struct store_tx source;
    struct store_tx copy = {0};
    struct store_facts found;
    enum fail fail = facts_open(&source, from, SQLITE_READER, &found, problem);

    if (fail != FAIL_NONE) {
        return fail;
    }
    fail = file_make(to, problem);
    if (fail != FAIL_NONE) {
        sqlite_close(&source, true);
        return fail;
    }
    fail = copy_to(&source, &copy, to, progress, problem);
    if (copy.handle != NULL) {
        (void)sqlite3_close(copy.handle);
    }
    sqlite_close(&source, true);
    if (fail == FAIL_NONE) {
        fail = file_sync(to);
        if (fail != FAIL_NONE) {
            (void)copy_say(fail, strerror(errno), problem);
        }
    }
    if (fail != FAIL_NONE) {
        (void)unlink(to);
        return fail;
    }
    *facts = found;
    return FAIL_NONE;
}

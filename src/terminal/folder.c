/* The directory and its lock, with words for whoever comes second. */
#include "terminal/folder.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

static const char LOCK_NAME[] = "terminal.lock";

static void explain_holder(const char *path, long holder, char problem[FOLDER_PROBLEM_SIZE])
{
    if (holder == 0) {
        (void)text_format(problem, FOLDER_PROBLEM_SIZE,
                          "The data directory %s is in use by another tillwire terminal.", path);
    } else {
        (void)text_format(problem, FOLDER_PROBLEM_SIZE,
                          "The data directory %s is in use by another tillwire terminal "
                          "(process %ld). Stop it, or choose another one with --data.",
                          path, holder);
    }
}

enum fail folder_lock_take(struct lock **out, const char *path, char problem[FOLDER_PROBLEM_SIZE])
{
    char name[FOLDER_PATH_SIZE + sizeof(LOCK_NAME) + 1];
    long holder = 0;
    enum fail fail = directory_make(path);

    if (fail == FAIL_NONE) {
        fail = text_format(name, sizeof(name), "%s/%s", path, LOCK_NAME)
                   ? lock_take(out, name, &holder)
                   : FAIL_LIMIT;
    }
    if (fail == FAIL_BUSY) {
        explain_holder(path, holder, problem);
    } else if (fail != FAIL_NONE) {
        (void)text_format(problem, FOLDER_PROBLEM_SIZE, "The data directory %s cannot be used: %s.",
                          path, strerror(errno));
    }
    return fail;
}

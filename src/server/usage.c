/* From /proc (proc(5)) and the limits of the process. */
#include "server/usage.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

static const char DESCRIPTORS[] = "/proc/self/fd";

enum { LINE_MAX_BYTES = 256 };

/* The second number of the file is how many pages are resident. */
static int64_t resident_bytes(void)
{
    struct slice rest;
    struct slice part;
    struct buf line;
    uint64_t pages = 0;
    bool known;

    buf_init(&line, LINE_MAX_BYTES);
    known = file_read("/proc/self/statm", &line) == FAIL_NONE;
    rest = buf_view(&line);
    known = known && slice_next_part(&rest, ' ', &part) && slice_next_part(&rest, ' ', &part) &&
            slice_to_unsigned(part, INT32_MAX, &pages) == FAIL_NONE;
    buf_finish(&line);
    return known ? (int64_t)pages * sysconf(_SC_PAGESIZE) : -1;
}

/* Linux before 6.2 does not say how many there are: then they are counted,
 * which takes a millisecond for some thousands. */
static int64_t descriptors_count(void)
{
    const struct dirent *entry;
    int64_t count = 0;
    DIR *folder = opendir(DESCRIPTORS);

    if (folder == NULL) {
        return -1;
    }
    while ((entry = readdir(folder)) != NULL) {
        count += entry->d_name[0] != '.';
    }
    (void)closedir(folder);
    return count - 1; /* the folder's own */
}

static int64_t open_files(void)
{
    struct stat about;

    if (stat(DESCRIPTORS, &about) == 0 && about.st_size > 0) {
        return about.st_size;
    }
    return descriptors_count();
}

static int64_t open_files_max(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return -1;
    }
    return (int64_t)limit.rlim_cur;
}

void usage_read(struct usage *out)
{
    out->resident_bytes = resident_bytes();
    out->open_files = open_files();
    out->open_files_max = open_files_max();
}

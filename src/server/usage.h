/* What this process takes of its machine. */
#ifndef SERVER_USAGE_H
#define SERVER_USAGE_H

#include <stdint.h>

/* -1 where the system does not say. */
struct usage {
    int64_t resident_bytes;
    int64_t open_files;
    int64_t open_files_max; /* -1 also without a limit */
};
void usage_read(struct usage *out);

#endif

/* A file's bytes, and what was written to it since it was synced. When the power
 * fails, each of those writes is kept, lost, or torn in the middle. */
#ifndef TESTS_SIMULATION_DISK_IMAGE_H
#define TESTS_SIMULATION_DISK_IMAGE_H

#include <stddef.h>

#include "simulation/chance.h"

struct disk_change;

/* All zeros: an empty one. */
struct disk_image {
    unsigned char *bytes; /* owned */
    size_t size;
    size_t capacity;
    struct disk_change *changes; /* owned; not synced */
    size_t change_count;
    size_t change_capacity;
};

void image_finish(struct disk_image *image);
void image_write(struct disk_image *image, size_t at, const void *bytes, size_t length);
/* Cut off, or zeros behind it. */
void image_resize(struct disk_image *image, size_t size);
void image_is_synced(struct disk_image *image);
void image_lose_power(struct disk_image *image, struct chance *chance);

#endif

#include "simulation/disk_image.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR_BYTES = 512, GROWTH_BYTES = 256 * 1024 };

/* A write or a new size, and how to undo it. */
struct disk_change {
    size_t at;       /* of a new size: the size */
    size_t length;   /* of `after` */
    size_t size;     /* of the file before it */
    size_t replaced; /* bytes of `before`, at `at` */
    bool resizes;
    unsigned char *before; /* owned, `after` behind it */
    unsigned char *after;
};

static void bytes_resize(struct disk_image *image, size_t size)
{
    if (size > image->capacity) {
        image->capacity = size + GROWTH_BYTES;
        image->bytes = realloc(image->bytes, image->capacity);
        assert(image->bytes != NULL);
    }
    if (size > image->size) {
        memset(image->bytes + image->size, 0, size - image->size);
    }
    image->size = size;
}

static void bytes_write(struct disk_image *image, size_t at, const void *bytes, size_t length)
{
    if (at + length > image->size) {
        bytes_resize(image, at + length);
    }
    memcpy(image->bytes + at, bytes, length);
}

/* `replaced` bytes from `at` on are about to change. */
static struct disk_change *change_add(struct disk_image *image, size_t at, size_t replaced,
                                      size_t length)
{
    struct disk_change *change;

    if (image->change_count == image->change_capacity) {
        image->change_capacity = image->change_capacity * 2 + 16;
        image->changes = realloc(image->changes, image->change_capacity * sizeof(*change));
        assert(image->changes != NULL);
    }
    change = &image->changes[image->change_count++];
    *change =
        (struct disk_change){.at = at, .length = length, .size = image->size, .replaced = replaced};
    change->before = malloc(replaced + length + 1);
    assert(change->before != NULL);
    change->after = change->before + replaced;
    if (replaced > 0) {
        memcpy(change->before, image->bytes + at, replaced);
    }
    return change;
}

static void change_undo(struct disk_image *image, const struct disk_change *change)
{
    bytes_resize(image, change->size);
    if (change->replaced > 0) {
        memcpy(image->bytes + change->at, change->before, change->replaced);
    }
}

/* A torn one ends at the boundary of a sector. */
static void change_survive(struct disk_image *image, const struct disk_change *change,
                           struct chance *chance)
{
    unsigned fate = chance_below(chance, 4);

    if (change->resizes) {
        if (fate < 2) {
            bytes_resize(image, change->at);
        }
    } else if (fate < 2) {
        bytes_write(image, change->at, change->after, change->length);
    } else if (fate == 2 && change->length > SECTOR_BYTES) {
        size_t sectors = change->length / SECTOR_BYTES;

        bytes_write(image, change->at, change->after,
                    chance_below(chance, (unsigned)sectors + 1) * SECTOR_BYTES);
    }
}

void image_finish(struct disk_image *image)
{
    image_is_synced(image);
    free(image->changes);
    free(image->bytes);
    *image = (struct disk_image){0};
}

void image_write(struct disk_image *image, size_t at, const void *bytes, size_t length)
{
    size_t end = at + length < image->size ? at + length : image->size;
    struct disk_change *change = change_add(image, at, end > at ? end - at : 0, length);

    memcpy(change->after, bytes, length);
    bytes_write(image, at, bytes, length);
}

void image_resize(struct disk_image *image, size_t size)
{
    size_t replaced = image->size > size ? image->size - size : 0;

    change_add(image, size, replaced, 0)->resizes = true;
    bytes_resize(image, size);
}

void image_is_synced(struct disk_image *image)
{
    size_t i;

    for (i = 0; i < image->change_count; i++) {
        free(image->changes[i].before);
    }
    image->change_count = 0;
}

void image_lose_power(struct disk_image *image, struct chance *chance)
{
    size_t i;

    for (i = image->change_count; i > 0; i--) {
        change_undo(image, &image->changes[i - 1]);
    }
    for (i = 0; i < image->change_count; i++) {
        change_survive(image, &image->changes[i], chance);
    }
    image_is_synced(image);
}

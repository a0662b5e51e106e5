/* Saves one file of a terminal without blocking a loop: on the disk's thread,
 * and back as a task. At most one save is under way, and one that is asked for
 * meanwhile follows it, with what is newest. A saver is for one file: settings
 * or the payment, never both. */
#ifndef TERMINAL_SAVER_H
#define TERMINAL_SAVER_H

#include <stdbool.h>

#include "base/fail.h"
#include "base/pool.h"
#include "base/task.h"
#include "terminal/memory.h"

/* What a saver saves. */
struct saver_content {
    enum { SAVER_SETTINGS, SAVER_SALE } kind;
    union {
        struct settings settings;
        struct sale_record sale;
    };
};

/* Embedded in its owner; the fields are the saver's own. */
struct saver {
    struct executor *home; /* borrowed: where `done` runs */
    struct pool *disk;     /* borrowed */
    struct memory memory;
    /* Everything asked for is durable, or it failed and `problem` is a
     * sentence for people. */
    void (*done)(struct saver *saver, enum fail fail, const char *problem);
    struct task save_task;        /* on the disk's thread */
    struct task saved_task;       /* and back */
    struct saver_content saving;  /* the copy that the disk's thread reads */
    struct saver_content waiting; /* for the save after this one, when `again` */
    enum fail fail;
    char problem[MEMORY_PROBLEM_SIZE];
    bool busy;
    bool again;
};

void saver_init(struct saver *saver, struct executor *home, struct pool *disk,
                const struct memory *memory,
                void (*done)(struct saver *saver, enum fail fail, const char *problem));
/* On `home`'s thread; what is saved is copied. */
void saver_save(struct saver *saver, const struct settings *settings);
void saver_save_sale(struct saver *saver, const struct sale_record *record);
/* While it is busy its owner must stay. */
bool saver_is_busy(const struct saver *saver);

#endif

/* One save at a time, off the loop. */
#include "terminal/saver.h"

#include "base/secret.h"

static void run_save(struct task *task)
{
    struct saver *saver = TASK_OWNER(task, struct saver, save_task);

    if (saver->saving.kind == SAVER_SALE) {
        saver->fail = memory_save_sale(&saver->memory, &saver->saving.sale, saver->problem);
    } else {
        saver->fail = memory_save(&saver->memory, &saver->saving.settings, saver->problem);
    }
    executor_post(saver->home, &saver->saved_task);
}

static void start(struct saver *saver, const struct saver_content *content)
{
    enum fail fail;

    saver->saving = *content;
    saver->busy = true;
    fail = pool_submit(saver->disk, &saver->save_task);
    /* Once it is submitted, `fail` and `problem` are the disk's thread's. */
    if (fail != FAIL_NONE) {
        saver->fail = fail;
        (void)text_format(saver->problem, sizeof(saver->problem),
                          "A file of the terminal cannot be written: too much is waiting for "
                          "the disk.");
        executor_post(saver->home, &saver->saved_task);
    }
}

static void run_saved(struct task *task)
{
    struct saver *saver = TASK_OWNER(task, struct saver, saved_task);
    bool again = saver->again && saver->fail == FAIL_NONE;

    secret_wipe(&saver->saving, sizeof(saver->saving));
    saver->busy = false;
    saver->again = false;
    if (again) {
        start(saver, &saver->waiting);
    }
    secret_wipe(&saver->waiting, sizeof(saver->waiting));
    if (!again) {
        saver->done(saver, saver->fail, saver->problem);
    }
}

void saver_init(struct saver *saver, struct executor *home, struct pool *disk,
                const struct memory *memory,
                void (*done)(struct saver *saver, enum fail fail, const char *problem))
{
    *saver = (struct saver){
        .home = home,
        .disk = disk,
        .memory = *memory,
        .done = done,
        .save_task.run = run_save,
        .saved_task.run = run_saved,
    };
}

static void save(struct saver *saver, const struct saver_content *content)
{
    if (saver->busy) {
        saver->waiting = *content;
        saver->again = true;
        return;
    }
    start(saver, content);
}

void saver_save(struct saver *saver, const struct settings *settings)
{
    struct saver_content content = {.kind = SAVER_SETTINGS, .settings = *settings};

    save(saver, &content);
    secret_wipe(&content, sizeof(content));
}

void saver_save_sale(struct saver *saver, const struct sale_record *record)
{
    const struct saver_content content = {.kind = SAVER_SALE, .sale = *record};

    save(saver, &content);
}

bool saver_is_busy(const struct saver *saver)
{
    return saver->busy;
}

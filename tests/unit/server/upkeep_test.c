/* Backups and checks beside a running server's other work, and how a command
 * hears of them. */
#include "unit/server/tree.h"

#include <semaphore.h>
#include <time.h>

#include "base/file.h"
#include "net/local.h"
#include "server/upkeep.h"
#include "server/upkeep_call.h"

enum { TEXT_MAX = 16 * 1024, WAIT_MS = 5, TRIES = 4000 };

/* --- A sink of words ------------------------------------------------------------- */

static void sink_open(void *context)
{
    buf_text(context, "{");
}

static void sink_open_list(void *context, const char *name)
{
    assert_null(name);
    sink_open(context);
}

static void sink_close(void *context)
{
    buf_text(context, "}");
}

static void sink_text(void *context, const char *name, const char *text)
{
    buf_format(context, " %s=%s", name, text);
}

static void sink_number(void *context, const char *name, int64_t number)
{
    buf_format(context, " %s=%lld", name, (long long)number);
}

struct scene {
    struct tree *tree;
    struct upkeep *upkeep;
    const struct admin_upkeep *port;
    struct buf text;
    int64_t job;
    char problem[ADMIN_PROBLEM_SIZE];
};

static struct scene scene_make(void)
{
    struct scene scene = {.tree = tree_make()};

    tree_fill(scene.tree->data, "Shop", 2);
    assert_int_equal(upkeep_create(&scene.upkeep, scene.tree->data), FAIL_NONE);
    scene.port = upkeep_port(scene.upkeep);
    buf_init(&scene.text, TEXT_MAX);
    log_set_level(LOG_ERROR);
    return scene;
}

static void scene_remove(struct scene *scene)
{
    upkeep_destroy(&scene->upkeep);
    buf_finish(&scene->text);
    tree_remove(scene->tree);
}

static const char *shown(struct scene *scene, void (*what)(void *, const struct admin_sink *))
{
    struct admin_sink sink = {.open_list = sink_open_list,
                              .close_list = sink_close,
                              .open_row = sink_open,
                              .close_row = sink_close,
                              .text = sink_text,
                              .number = sink_number,
                              .context = &scene->text};

    buf_clear(&scene->text);
    what(scene->port->context, &sink);
    buf_byte(&scene->text, '\0');
    assert_int_equal(buf_fail(&scene->text), FAIL_NONE);
    return scene->text.bytes;
}

static void assert_shows(struct scene *scene, const char *words)
{
    const char *text = shown(scene, scene->port->show);

    if (strstr(text, words) == NULL) {
        print_error("expected: %s\nshown: %s\n", words, text);
        assert_true(false);
    }
}

static bool begins(struct scene *scene, enum admin_work work)
{
    return scene->port->start(scene->port->context, work, scene->tree->backup, &scene->job,
                              scene->problem);
}

/* Until it runs no more. */
static void wait_for_end(struct scene *scene)
{
    const struct timespec rest = {.tv_nsec = WAIT_MS * 1000000};
    int tries = 0;

    while (strstr(shown(scene, scene->port->show), "state=running") != NULL) {
        assert_true(tries++ < TRIES);
        (void)nanosleep(&rest, NULL);
    }
}

/* --- A disk that waits until it is told to go on ------------------------------------ */

static sem_t reached;
static sem_t go;

static int waiting_sync(void *context, int file)
{
    (void)context;
    (void)file;
    (void)sem_post(&reached);
    (void)sem_wait(&go);
    return 0;
}

static void disk_wait(void)
{
    static const struct file_disk disk = {.sync = waiting_sync};

    assert_int_equal(sem_init(&reached, 0, 0), 0);
    assert_int_equal(sem_init(&go, 0, 0), 0);
    file_disk_replace(&disk);
}

static void disk_go(void)
{
    int i;

    for (i = 0; i < 100; i++) {
        (void)sem_post(&go);
    }
}

/* --- The work ------------------------------------------------------------------------ */

static void a_backup_is_begun_at_once_and_its_result_is_shown(void **state)
{
    struct scene scene = scene_make();
    uint64_t made = counter_read(&upkeep_backups_made);

    (void)state;
    assert_shows(&scene, "state=idle");
    assert_true(begins(&scene, ADMIN_BACKUP));
    assert_int_equal(scene.job, 1);
    wait_for_end(&scene);
    assert_shows(&scene, "job=1 state=done work=backup");
    assert_shows(&scene, "files=3 bytes=");
    assert_shows(&scene, "businesses=2 devices=0");
    assert_int_equal(tree_check_backup(scene.tree), FAIL_NONE);
    assert_string_equal(scene.tree->troubles, "");
    assert_int_equal(counter_read(&upkeep_backups_made), made + 1);
    scene_remove(&scene);
}

static void a_backup_that_fails_says_why(void **state)
{
    struct scene scene = scene_make();
    uint64_t failed = counter_read(&upkeep_backups_failed);

    (void)state;
    tree_write(scene.tree->path, "backup", "a file");
    assert_true(begins(&scene, ADMIN_BACKUP));
    wait_for_end(&scene);
    assert_shows(&scene, "state=failed");
    assert_shows(&scene, "is no directory");
    assert_int_equal(counter_read(&upkeep_backups_failed), failed + 1);
    assert_true(begins(&scene, ADMIN_CHECK)); /* and the next is not hindered by it */
    assert_int_equal(scene.job, 2);
    wait_for_end(&scene);
    assert_shows(&scene, "job=2 state=done work=check");
    assert_shows(&scene, "troubles=0");
    scene_remove(&scene);
}

static void a_check_shows_each_trouble(void **state)
{
    struct scene scene = scene_make();

    (void)state;
    tree_write(scene.tree->data, "pin.key", "short");
    tree_write(scene.tree->data, "tickets.key", "short");
    log_set_level((enum log_level) - 1); /* the log is not what this is about */
    assert_true(begins(&scene, ADMIN_CHECK));
    wait_for_end(&scene);
    log_set_level(LOG_ERROR);
    assert_shows(&scene, "troubles=2");
    assert_non_null(strstr(shown(&scene, scene.port->list_troubles), "pin.key is damaged"));
    assert_non_null(strstr(shown(&scene, scene.port->list_troubles), "tickets.key is damaged"));
    scene_remove(&scene);
}

static void one_is_under_way_at_a_time_and_the_others_are_told(void **state)
{
    struct scene scene = scene_make();

    (void)state;
    disk_wait();
    assert_true(begins(&scene, ADMIN_BACKUP));
    assert_int_equal(sem_wait(&reached), 0);
    assert_shows(&scene, "state=running work=backup");
    assert_false(begins(&scene, ADMIN_CHECK));
    assert_non_null(strstr(scene.problem, "a backup is under way"));
    disk_go();
    wait_for_end(&scene);
    file_disk_replace(NULL);
    assert_shows(&scene, "job=1 state=done");
    scene_remove(&scene);
}

static void the_end_of_the_server_stops_it_and_nothing_is_left(void **state)
{
    struct scene scene = scene_make();

    (void)state;
    disk_wait();
    log_set_level((enum log_level) - 1);
    assert_true(begins(&scene, ADMIN_BACKUP));
    assert_int_equal(sem_wait(&reached), 0); /* the directory is made */
    /* It is told to stop before it may go on; the semaphore is raised first,
     * because the end waits for it. */
    assert_true(tree_has(scene.tree->path, "backup"));
    {
        struct upkeep *ending = scene.upkeep;

        upkeep_stop(ending);
        disk_go();
    }
    upkeep_destroy(&scene.upkeep);
    file_disk_replace(NULL);
    log_set_level(LOG_ERROR);
    assert_null(scene.upkeep);
    assert_false(tree_has(scene.tree->path, "backup"));
    scene_remove(&scene);
}

/* --- How a command hears of it ---------------------------------------------------------- */

struct server {
    struct local_server *local;
    const char *const *replies; /* one after the other; the last again and again */
    int count;
};

static void on_request(void *context, unsigned user, struct slice request, struct buf *reply)
{
    struct server *server = context;

    (void)user;
    (void)request;
    buf_text(reply, *server->replies);
    if (server->replies[1] != NULL) {
        server->replies++;
    }
    server->count++;
}

static enum fail call_with(struct tree *tree, enum admin_work work, const char *const *replies,
                           struct upkeep_answer *answer)
{
    struct server server = {.replies = replies};
    struct local_handler handler = {.on_request = on_request, .context = &server};
    struct upkeep_call call = {.directory = tree->data,
                               .work = work,
                               .to = tree->backup,
                               .on_trouble = tree_trouble,
                               .context = tree};
    char path[TREE_PATH_SIZE + 32];
    struct lock *lock = NULL;
    long holder;
    enum fail fail;

    tree->troubles[0] = '\0';
    (void)snprintf(path, sizeof(path), "%s/tillwire.lock", tree->data);
    assert_int_equal(lock_take(&lock, path, &holder), FAIL_NONE);
    if (replies != NULL) {
        assert_int_equal(local_serve(&server.local, tree->data, &handler), FAIL_NONE);
    }
    fail = upkeep_call(&call, answer, tree->problem);
    local_stop(&server.local);
    lock_release(&lock);
    return fail;
}

static void a_command_asks_until_it_is_done(void **state)
{
    static const char *const replies[] = {
        "{\"ok\":{\"job\":7}}",
        "{\"ok\":{\"job\":7,\"state\":\"running\",\"doneBytes\":1,\"totalBytes\":2}}",
        "{\"ok\":{\"job\":7,\"state\":\"running\",\"doneBytes\":2,\"totalBytes\":2}}",
        "{\"ok\":{\"job\":7,\"state\":\"done\",\"files\":3,\"bytes\":99,\"schema\":2,"
        "\"businesses\":4,\"devices\":5,\"made\":\"then\",\"program\":\"p\"}}",
        NULL};
    struct tree *tree = tree_make();
    struct upkeep_answer answer;

    (void)state;
    tree_fill(tree->data, "Shop", 1);
    assert_int_equal(call_with(tree, ADMIN_BACKUP, replies, &answer), FAIL_NONE);
    assert_true(answer.by_server);
    assert_int_equal(answer.files, 3);
    assert_int_equal(answer.bytes, 99);
    assert_int_equal(answer.facts.businesses, 4);
    assert_int_equal(answer.facts.devices, 5);
    assert_string_equal(answer.made, "then");
    tree_remove(tree);
}

static void a_check_hands_the_troubles_on(void **state)
{
    static const char *const replies[] = {
        "{\"ok\":{\"job\":1}}", "{\"ok\":{\"job\":1,\"state\":\"done\",\"troubles\":2}}",
        "{\"ok\":[{\"trouble\":\"one\"},{\"trouble\":\"two\"}]}", NULL};
    struct tree *tree = tree_make();
    struct upkeep_answer answer;

    (void)state;
    tree_fill(tree->data, "Shop", 1);
    assert_int_equal(call_with(tree, ADMIN_CHECK, replies, &answer), FAIL_NONE);
    assert_string_equal(tree->troubles, "one\ntwo\n");
    tree_remove(tree);
}

static void what_is_not_ours_or_not_to_be_had_is_told(void **state)
{
    static const char *const refused[] = {"{\"error\":\"a check is under way\"}", NULL};
    static const char *const failed[] = {
        "{\"ok\":{\"job\":1}}", "{\"ok\":{\"job\":1,\"state\":\"failed\",\"problem\":\"no room\"}}",
        NULL};
    static const char *const other[] = {"{\"ok\":{\"job\":1}}",
                                        "{\"ok\":{\"job\":2,\"state\":\"done\"}}", NULL};
    static const char *const garbage[] = {"what?", NULL};
    static const struct {
        const char *const *replies;
        enum fail fail;
        const char *words;
    } cases[] = {
        {refused, FAIL_DENIED, "a check is under way"},
        {failed, FAIL_DENIED, "no room"},
        {other, FAIL_CLOSED, "not known"},
        {garbage, FAIL_BUSY, "cannot be asked"},
        {NULL, FAIL_BUSY, "does not answer"},
    };
    struct tree *tree = tree_make();
    struct upkeep_answer answer;
    size_t i;

    (void)state;
    tree_fill(tree->data, "Shop", 1);
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(call_with(tree, ADMIN_BACKUP, cases[i].replies, &answer), cases[i].fail);
        assert_non_null(strstr(tree->problem, cases[i].words));
    }
    tree_remove(tree);
}

static void without_a_server_the_command_does_it_itself(void **state)
{
    struct tree *tree = tree_make();
    struct upkeep_call call = {.directory = tree->data,
                               .work = ADMIN_BACKUP,
                               .to = tree->backup,
                               .on_trouble = tree_trouble,
                               .context = tree};
    struct upkeep_answer answer;

    (void)state;
    assert_int_equal(upkeep_call(&call, &answer, tree->problem), FAIL_NOT_FOUND);
    tree_fill(tree->data, "Shop", 2);
    assert_int_equal(upkeep_call(&call, &answer, tree->problem), FAIL_NONE);
    assert_false(answer.by_server);
    assert_int_equal(answer.files, 3);
    assert_int_equal(answer.facts.businesses, 2);
    call.work = ADMIN_CHECK;
    assert_int_equal(upkeep_call(&call, &answer, tree->problem), FAIL_NONE);
    assert_string_equal(tree->troubles, "");
    tree_remove(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_backup_is_begun_at_once_and_its_result_is_shown),
        cmocka_unit_test(a_backup_that_fails_says_why),
        cmocka_unit_test(a_check_shows_each_trouble),
        cmocka_unit_test(one_is_under_way_at_a_time_and_the_others_are_told),
        cmocka_unit_test(the_end_of_the_server_stops_it_and_nothing_is_left),
        cmocka_unit_test(a_command_asks_until_it_is_done),
        cmocka_unit_test(a_check_hands_the_troubles_on),
        cmocka_unit_test(what_is_not_ours_or_not_to_be_had_is_told),
        cmocka_unit_test(without_a_server_the_command_does_it_itself),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

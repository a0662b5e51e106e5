/* `tillwire serve` in a process of its own: what it tells its service manager,
 * when, and how it ends. */
#include "unit/server/folder.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "server/pages.h"
#include "server/production.h"
#include "unit/server/config_scene.h"

enum { STATE_SIZE = 256, WAIT_MS = 20000, OUTPUT_SIZE = 1024 };

/* No page is asked for here. */
const struct page pages[] = {{.path = NULL}};
const size_t pages_count = 0;

struct manager {
    struct folder *folder;
    struct scene *scene;
    char path[FOLDER_PATH_SIZE];
    int notifications;
    int output; /* what the server prints */
    pid_t server;
};

static struct manager *manager_make(void)
{
    struct manager *manager = calloc(1, sizeof(*manager));
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    assert_non_null(manager);
    manager->folder = folder_make();
    manager->scene = scene_make();
    (void)snprintf(manager->path, sizeof(manager->path), "%s.notify", manager->folder->path);
    assert_true(text_format(address.sun_path, sizeof(address.sun_path), "%s", manager->path));
    manager->notifications = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(manager->notifications >= 0);
    assert_int_equal(bind(manager->notifications, (struct sockaddr *)&address, sizeof(address)), 0);
    scene_set(manager->scene, "data", manager->folder->path);
    scene_set(manager->scene, "listen", "127.0.0.1:0");
    scene_read(manager->scene);
    assert_string_equal(manager->scene->problems, "");
    return manager;
}

static void manager_free(struct manager *manager)
{
    (void)close(manager->notifications);
    (void)close(manager->output);
    (void)unlink(manager->path);
    folder_remove(manager->folder);
    free(manager->scene);
    free(manager);
}

/* Before the first thread: a child of this process runs it. */
static void manager_start(struct manager *manager, bool json)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    manager->output = ends[0];
    manager->server = fork();
    assert_true(manager->server >= 0);
    if (manager->server == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing behind */
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)setenv("NOTIFY_SOCKET", manager->path, 1);
        log_set_level(LOG_ERROR);
        _exit(production_run(&manager->scene->config, json));
    }
    (void)close(ends[1]);
}

static void assert_told(struct manager *manager, const char *state)
{
    char told[STATE_SIZE] = "";
    struct pollfd wait = {.fd = manager->notifications, .events = POLLIN};

    do { /* a server that is watched says more */
        assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
        memset(told, 0, sizeof(told));
        assert_true(recv(manager->notifications, told, sizeof(told) - 1, 0) > 0);
    } while (strstr(told, "WATCHDOG=1") == told);
    assert_string_equal(told, state);
}

static int end_code(struct manager *manager)
{
    int status = 0;

    assert_int_equal(waitpid(manager->server, &status, 0), manager->server);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void read_output(struct manager *manager, char out[OUTPUT_SIZE])
{
    ssize_t got = read(manager->output, out, OUTPUT_SIZE - 1);

    assert_true(got >= 0);
    out[got] = '\0';
}

static void the_manager_hears_of_the_beginning_and_of_the_end(void **state)
{
    struct manager *manager = manager_make();
    char output[OUTPUT_SIZE];

    (void)state;
    manager_start(manager, false);
    assert_told(manager, "READY=1");
    read_output(manager, output);
    assert_non_null(strstr(output, " is ready: http://127.0.0.1:"));
    assert_int_equal(kill(manager->server, SIGTERM), 0);
    assert_told(manager, "STOPPING=1");
    assert_int_equal(end_code(manager), 0);
    manager_free(manager);
}

static void one_that_cannot_start_is_never_ready(void **state)
{
    struct manager *manager = manager_make();
    struct pollfd told = {.fd = manager->notifications, .events = POLLIN};
    char output[OUTPUT_SIZE];

    (void)state;
    folder_write(manager->folder, "pin.key", "too short");
    manager_start(manager, true);
    assert_int_equal(end_code(manager), 1);
    assert_int_equal(poll(&told, 1, 0), 0);
    read_output(manager, output);
    assert_string_equal(output, "");
    manager_free(manager);
}

static void a_manager_that_went_away_keeps_nothing_from_starting(void **state)
{
    struct manager *manager = manager_make();
    char output[OUTPUT_SIZE];

    (void)state;
    assert_int_equal(unlink(manager->path), 0);
    manager_start(manager, true);
    read_output(manager, output); /* waits for it */
    assert_non_null(strstr(output, "\"operations\":null"));
    assert_int_equal(kill(manager->server, SIGINT), 0);
    assert_int_equal(end_code(manager), 0);
    manager_free(manager);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manager_hears_of_the_beginning_and_of_the_end),
        cmocka_unit_test(one_that_cannot_start_is_never_ready),
        cmocka_unit_test(a_manager_that_went_away_keeps_nothing_from_starting),
    };

    clock_start();
    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Calls over the socket file of a data directory: a real server thread, real
 * callers, a directory of its own for each test. */
#include "net/local.h"

#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    PATH_SIZE = 512,
    LONG_NAME = 150, /* a socket's own path may have 107 characters */
    NOBODY = 65534,
    CALLERS = 6,
    CALLS = 20,
    BIG = 1024 * 1024,
};

static char directory[PATH_SIZE];
static char file[PATH_SIZE + 16];
static struct local_server *server;
static struct buf reply;
static size_t requests;       /* since setup; the server's thread alone writes it */
static size_t request_length; /* of the last one */
static sem_t entered;
static sem_t leave;

static int setup(void **state)
{
    (void)state;
    (void)snprintf(directory, sizeof(directory), "/tmp/tillwire-local-XXXXXX");
    assert_non_null(mkdtemp(directory));
    (void)snprintf(file, sizeof(file), "%s/admin.sock", directory);
    buf_init(&reply, LOCAL_REPLY_MAX);
    requests = 0;
    server = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    local_stop(&server);
    buf_finish(&reply);
    (void)unlink(file);
    return rmdir(directory);
}

/* "big" gets BIG bytes, "huge" more than a reply may have, "nothing" nothing,
 * "wait" an answer when it may; all else itself behind "re: ". */
static void on_request(void *context, unsigned user, struct slice request, struct buf *out)
{
    static char big[BIG];

    assert(context == &requests);
    assert(user == getuid());
    requests++;
    request_length = request.length;
    if (slice_is(request, "big")) {
        memset(big, 'b', sizeof(big));
        buf_append(out, big, sizeof(big));
    } else if (slice_is(request, "huge")) {
        while (buf_fail(out) == FAIL_NONE) {
            buf_append(out, big, sizeof(big));
        }
    } else if (slice_is(request, "wait")) {
        (void)sem_post(&entered);
        (void)sem_wait(&leave);
        buf_text(out, "waited");
    } else if (!slice_is(request, "nothing")) {
        buf_text(out, "re: ");
        buf_slice(out, request.length > 100 ? slice_of("long") : request);
    }
}

static void serve(void)
{
    const struct local_handler handler = {.on_request = on_request, .context = &requests};

    assert_int_equal(local_serve(&server, directory, &handler), FAIL_NONE);
}

static enum fail call(const char *text)
{
    buf_clear(&reply);
    return local_call(directory, slice_of(text), &reply);
}

static void expect(const char *request, const char *expected)
{
    assert_int_equal(call(request), FAIL_NONE);
    assert_true(slice_is(buf_view(&reply), expected));
}

/* --- Calls --------------------------------------------------------------------- */

static void calls_are_answered_one_after_the_other(void **state)
{
    (void)state;
    serve();
    expect("first", "re: first");
    expect("second", "re: second");
    expect("", "re: ");
    assert_int_equal(call("big"), FAIL_NONE);
    assert_int_equal(reply.length, BIG);
    local_stop(&server);
    assert_int_equal(requests, 4);
}

static void a_directory_may_have_a_long_path(void **state)
{
    char name[LONG_NAME + 1];
    char up[PATH_SIZE];

    (void)state;
    (void)snprintf(up, sizeof(up), "%s", directory);
    memset(name, 'd', LONG_NAME);
    name[LONG_NAME] = '\0';
    (void)snprintf(directory + strlen(directory), PATH_SIZE - strlen(directory), "/%s", name);
    assert_int_equal(mkdir(directory, 0700), 0);
    serve();
    expect("far away", "re: far away");
    local_stop(&server);
    assert_int_equal(rmdir(directory), 0); /* the socket file went with the server */
    (void)snprintf(directory, sizeof(directory), "%s", up);
}

static void *call_often(void *failed)
{
    unsigned i;

    for (i = 0; i < CALLS; i++) {
        struct buf answer;

        buf_init(&answer, 1024);
        if (local_call(directory, slice_of("at once"), &answer) != FAIL_NONE ||
            !slice_is(buf_view(&answer), "re: at once")) {
            *(bool *)failed = true;
        }
        buf_finish(&answer);
    }
    return NULL;
}

static void several_callers_are_all_answered(void **state)
{
    pthread_t threads[CALLERS];
    bool failed[CALLERS] = {false};
    unsigned i;

    (void)state;
    serve();
    for (i = 0; i < CALLERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, &failed[i]), 0);
    }
    for (i = 0; i < CALLERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_false(failed[i]);
    }
    local_stop(&server);
    assert_int_equal(requests, CALLERS * CALLS);
}

/* --- Limits -------------------------------------------------------------------- */

/* A caller that keeps to no limit. */
static int connect_raw(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(descriptor >= 0 && strlen(file) < sizeof(address.sun_path));
    memcpy(address.sun_path, file, strlen(file));
    assert_int_equal(connect(descriptor, (struct sockaddr *)&address, sizeof(address)), 0);
    return descriptor;
}

static void a_request_has_a_limit(void **state)
{
    static char bytes[LOCAL_REQUEST_MAX + 1];
    size_t sent = 0;
    ssize_t length = 1;
    char byte;
    int raw;

    (void)state;
    memset(bytes, 'r', sizeof(bytes));
    serve();
    assert_int_equal(local_call(directory, slice_make(bytes, LOCAL_REQUEST_MAX), &reply),
                     FAIL_NONE);
    assert_true(slice_is(buf_view(&reply), "re: long"));
    assert_int_equal(local_call(directory, slice_make(bytes, LOCAL_REQUEST_MAX + 1), &reply),
                     FAIL_LIMIT);
    raw = connect_raw();
    while (sent < sizeof(bytes) && length > 0) {
        length = send(raw, bytes + sent, sizeof(bytes) - sent, MSG_NOSIGNAL);
        sent += length > 0 ? (size_t)length : 0;
    }
    (void)shutdown(raw, SHUT_WR);
    assert_true(recv(raw, &byte, 1, 0) <= 0); /* it hung up */
    (void)close(raw);
    expect("next", "re: next");
    local_stop(&server);
    assert_int_equal(requests, 2);
}

static void a_request_at_the_limit_comes_whole(void **state)
{
    static char bytes[LOCAL_REQUEST_MAX];

    (void)state;
    serve();
    assert_int_equal(local_call(directory, slice_make(bytes, sizeof(bytes)), &reply), FAIL_NONE);
    local_stop(&server);
    assert_int_equal(request_length, LOCAL_REQUEST_MAX);
}

static void a_reply_has_a_limit(void **state)
{
    struct buf small;

    (void)state;
    serve();
    assert_int_equal(call("huge"), FAIL_CLOSED);
    buf_init(&small, 6);
    assert_int_equal(local_call(directory, slice_of("12"), &small), FAIL_NONE);
    buf_clear(&small);
    assert_int_equal(local_call(directory, slice_of("123"), &small), FAIL_LIMIT);
    buf_finish(&small);
}

/* --- Nobody there ----------------------------------------------------------------- */

static void where_nobody_listens_the_call_says_so(void **state)
{
    const struct local_handler handler = {.on_request = on_request, .context = &requests};

    (void)state;
    assert_int_equal(call("hello"), FAIL_CLOSED);
    assert_int_equal(local_call("/tmp/tillwire-is-not-here", slice_of("hello"), &reply),
                     FAIL_CLOSED);
    assert_int_equal(local_serve(&server, "/tmp/tillwire-is-not-here", &handler), FAIL_IO);
    serve();
    assert_int_equal(call("nothing"), FAIL_CLOSED); /* hung up without a reply */
    local_stop(&server);
    assert_null(server);
    assert_int_equal(call("hello"), FAIL_CLOSED);
}

static void a_stale_socket_file_is_replaced(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int stale = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)state;
    memcpy(address.sun_path, file, strlen(file));
    assert_int_equal(bind(stale, (struct sockaddr *)&address, sizeof(address)), 0);
    (void)close(stale);
    assert_int_equal(call("hello"), FAIL_CLOSED);
    serve();
    expect("hello", "re: hello");
}

static void a_caller_that_hangs_up_disturbs_nobody(void **state)
{
    int raw;

    (void)state;
    serve();
    raw = connect_raw();
    assert_true(send(raw, "big", 3, MSG_NOSIGNAL) == 3);
    assert_int_equal(shutdown(raw, SHUT_RDWR), 0);
    (void)close(raw);
    expect("next", "re: next");
}

/* --- Who may call --------------------------------------------------------------- */

static void the_socket_file_is_the_users_alone(void **state)
{
    struct stat about;

    (void)state;
    serve();
    assert_int_equal(stat(file, &about), 0);
    assert_true(S_ISSOCK(about.st_mode));
    assert_int_equal(about.st_mode & 0777, 0600);
}

/* In a process of its own, made before there are threads; says how it ended. */
static pid_t start_stranger(int go)
{
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        struct buf answer;
        enum fail fail = FAIL_INVALID;
        char byte;

        buf_init(&answer, 1024);
        if (setgid(NOBODY) == 0 && setuid(NOBODY) == 0 && read(go, &byte, 1) == 1) {
            fail = local_call(directory, slice_of("let me in"), &answer);
        }
        _exit((int)fail);
    }
    return child;
}

static int stranger_says(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void another_user_is_refused(void **state)
{
    int go[2];
    pid_t first;
    pid_t second;

    (void)state;
    if (geteuid() != 0) {
        skip(); /* only root can become another user */
    }
    assert_int_equal(pipe(go), 0);
    first = start_stranger(go[0]);
    serve();
    assert_int_equal(chmod(directory, 0755), 0);
    assert_int_equal(write(go[1], "g", 1), 1);
    assert_int_equal(stranger_says(first), FAIL_DENIED); /* by the mode of the file */
    local_stop(&server);
    second = start_stranger(go[0]);
    serve();
    assert_int_equal(chmod(file, 0666), 0);
    assert_int_equal(write(go[1], "g", 1), 1);
    assert_int_equal(stranger_says(second), FAIL_CLOSED); /* by who it is */
    local_stop(&server);
    assert_int_equal(requests, 0);
    (void)close(go[0]);
    (void)close(go[1]);
}

/* --- Stopping --------------------------------------------------------------------- */

static void an_idle_server_stops_at_once(void **state)
{
    (void)state;
    serve();
    local_stop(&server);
    assert_null(server);
    local_stop(&server); /* accepts NULL */
    assert_int_equal(access(file, F_OK), -1);
    serve(); /* and may be started again */
    expect("again", "re: again");
}

static void *stop(void *unused)
{
    (void)unused;
    local_stop(&server);
    return NULL;
}

static void *call_waiting(void *failed)
{
    *(bool *)failed = call("wait") != FAIL_NONE || !slice_is(buf_view(&reply), "waited");
    return NULL;
}

static void the_call_under_way_is_answered_before_the_stop(void **state)
{
    pthread_t caller;
    pthread_t stopper;
    bool failed = true;

    (void)state;
    assert_int_equal(sem_init(&entered, 0, 0), 0);
    assert_int_equal(sem_init(&leave, 0, 0), 0);
    serve();
    assert_int_equal(pthread_create(&caller, NULL, call_waiting, &failed), 0);
    (void)sem_wait(&entered);
    assert_int_equal(pthread_create(&stopper, NULL, stop, NULL), 0);
    (void)sem_post(&leave);
    assert_int_equal(pthread_join(stopper, NULL), 0);
    assert_int_equal(pthread_join(caller, NULL), 0);
    assert_false(failed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(calls_are_answered_one_after_the_other),
        TEST(a_directory_may_have_a_long_path),
        TEST(several_callers_are_all_answered),
        TEST(a_request_has_a_limit),
        TEST(a_request_at_the_limit_comes_whole),
        TEST(a_reply_has_a_limit),
        TEST(where_nobody_listens_the_call_says_so),
        TEST(a_stale_socket_file_is_replaced),
        TEST(a_caller_that_hangs_up_disturbs_nobody),
        TEST(the_socket_file_is_the_users_alone),
        TEST(another_user_is_refused),
        TEST(an_idle_server_stops_at_once),
        TEST(the_call_under_way_is_answered_before_the_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

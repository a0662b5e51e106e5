/* No descriptor is left for a connection that waits: what is open lives on,
 * and the loop goes on. */
#include <sys/resource.h>

#include "net/conn.h"
#include "unit/net/peer.h"
#include "unit/wire/failing_memory.h"

static struct loop *loop;
static struct listener *listener;
static unsigned accepts_failing; /* the next so many accept4 find no descriptor */
int accept4(int descriptor, __SOCKADDR_ARG at, socklen_t *size, int flags)
{
    static int (*real)(int, __SOCKADDR_ARG, socklen_t *, int);

    failing_memory_real("accept4", &real);
    if (accepts_failing > 0) {
        accepts_failing--;
        errno = EMFILE;
        return -1;
    }
    return real(descriptor, at, size, flags);
}

enum { CROWD = 12, ROOM = 3 };

static struct conn *kept[CROWD];
static unsigned kept_count;
static unsigned shortages;
static bool may_make_room;

static void on_echo(void *context, char *bytes, size_t length)
{
    conn_write(*(struct conn **)context, slice_make(bytes, length));
}

static void on_kept_end(void *context, enum conn_end end)
{
    (void)end;
    *(struct conn **)context = NULL;
}

static void on_kept_connection(void *context, struct uv_stream_s *stream)
{
    static const struct conn_events events = {.on_bytes = on_echo, .on_end = on_kept_end};

    (void)context;
    assert_int_equal(conn_accept(&kept[kept_count], loop, stream, NULL, &events, &kept[kept_count]),
                     FAIL_NONE);
    kept_count++;
}

static bool on_shortage(void *context)
{
    (void)context;
    shortages++;
    if (may_make_room) {
        conn_cut(kept[0]);
    }
    return may_make_room;
}

static struct peer crowd[CROWD];
static uint16_t crowd_port;

/* So many clients wait for a listener that keeps what it is given. */
static void crowd_start(unsigned count)
{
    static const struct listener_events events = {.on_connection = on_kept_connection,
                                                  .on_shortage = on_shortage};
    unsigned i;

    kept_count = 0;
    shortages = 0;
    may_make_room = false;
    accepts_failing = 0;
    peer_loop_start(&loop);
    crowd_port = peer_listen(&listener, loop, &events, "127.0.0.1", false);
    for (i = 0; i < count; i++) {
        peer_connect(&crowd[i], loop, crowd_port);
    }
}

static void crowd_finish(unsigned count)
{
    unsigned i;

    for (i = 0; i < count; i++) {
        peer_close(&crowd[i]);
    }
    for (i = 0; i < kept_count; i++) {
        PEER_RUN_UNTIL(loop, kept[i] == NULL);
    }
    listener_stop(&listener);
    peer_loop_end(&loop);
}

static void expect_echo(struct peer *peer)
{
    peer_send(peer, "hello");
    peer_receive_text(peer, "hello");
    peer_forget(peer);
}

static void when_descriptors_are_short_what_is_open_lives_on(void **state)
{
    struct rlimit usual;
    struct rlimit low;
    unsigned i;
    int next;

    (void)state;
    crowd_start(CROWD);
    next = dup(0); /* the lowest that is free */
    assert_true(next > 0);
    (void)close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    low = usual;
    low.rlim_cur = (rlim_t)next + ROOM;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    for (i = ROOM; i < CROWD; i++) {
        peer_receive_end(&crowd[i]); /* closed at once, not left waiting */
    }
    assert_int_equal(kept_count, ROOM);
    for (i = 0; i < ROOM; i++) {
        expect_echo(&crowd[i]);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    peer_close(&crowd[ROOM]);
    peer_connect(&crowd[ROOM], loop, crowd_port);
    expect_echo(&crowd[ROOM]); /* and who comes later gets in */
    crowd_finish(CROWD);
}

static void a_reserve_that_was_snatched_is_made_up_for(void **state)
{
    (void)state;
    crowd_start(2);
    /* For the first connection there is no descriptor, nor is libuv's reserve of
     * any use: it asks twice. Ours takes the connection, and closes it. */
    accepts_failing = 2;
    peer_receive_end(&crowd[0]);
    assert_int_equal(shortages, 1);
    expect_echo(&crowd[1]);
    assert_int_equal(kept_count, 1);
    crowd_finish(2);
}

static void who_can_be_done_without_makes_room(void **state)
{
    (void)state;
    crowd_start(2);
    expect_echo(&crowd[0]);
    expect_echo(&crowd[1]);
    may_make_room = true;
    accepts_failing = 2;
    peer_connect(&crowd[2], loop, crowd_port);
    expect_echo(&crowd[2]);
    assert_int_equal(shortages, 1);
    peer_receive_end(&crowd[0]);
    expect_echo(&crowd[1]);
    crowd_finish(3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(when_descriptors_are_short_what_is_open_lives_on),
        cmocka_unit_test(a_reserve_that_was_snatched_is_made_up_for),
        cmocka_unit_test(who_can_be_done_without_makes_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

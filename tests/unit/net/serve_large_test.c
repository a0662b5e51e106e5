/* Large answers that clients do not read: how much of them a loop keeps, and
 * when there is room again. */
#include "unit/net/serve_scene.h"

enum {
    CLIENTS = SERVE_WAITING_MAX / SERVE_ANSWER_MAX + 2, /* enough to fill it */
    CLIENTS_MAX = CLIENTS + 2,
};

static const char NO_ROOM[] =
    "too many large answers wait for their clients to read them; try again in a moment\n";

static struct peer clients[CLIENTS_MAX];
static unsigned clients_count;

static struct peer *client_add(void)
{
    struct peer *client = &clients[clients_count++];

    assert_true(clients_count <= CLIENTS_MAX);
    peer_connect_small(client, loop, port, true);
    return client;
}

static void ask_large(struct peer *client, const char *more)
{
    char request[128];

    assert_true(text_format(request, sizeof(request),
                            "GET /big/%d HTTP/1.1\r\nHost: localhost\r\n%s\r\n", SERVE_ANSWER_MAX,
                            more));
    peer_send(client, request);
}

/* Whether a large answer is given now; the client reads it, or its refusal. */
static bool has_room(void)
{
    struct peer *client = client_add();
    bool has;

    ask_large(client, "Connection: close\r\n");
    peer_receive_end(client);
    has = strstr(client->got, "HTTP/1.1 200 OK\r\n") == client->got;
    assert_true(has || (strstr(client->got, "HTTP/1.1 503 ") == client->got &&
                        strstr(client->got, NO_ROOM) != NULL));
    assert_true(!has || client->length > SERVE_ANSWER_MAX);
    peer_close(client);
    clients_count--;
    return has;
}

/* Clients that read nothing, until there is no room for one more. */
static void fill(const char *more)
{
    unsigned i;

    clients_count = 0;
    memset(scene_body, 'B', sizeof(scene_body));
    scene_start(NULL, true);
    for (i = 0; i < CLIENTS; i++) {
        ask_large(client_add(), more);
        peer_run_until_quiet(loop);
    }
    assert_false(has_room());
}

static void finish(void)
{
    while (clients_count > 0) {
        peer_close(&clients[--clients_count]);
    }
    scene_finish();
}

static void past_the_limit_a_large_answer_is_refused_and_a_small_one_is_given(void **state)
{
    (void)state;
    fill("");
    peer_send(&peer, "GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n");
    scene_receive("/small");
    finish();
}

static void a_client_that_reads_makes_room(void **state)
{
    (void)state;
    fill("");
    peer_receive_text(&clients[0], "\r\n\r\n");
    peer_receive(&clients[0], SERVE_ANSWER_MAX);
    peer_receive(&clients[1], SERVE_ANSWER_MAX);
    peer_run_until_quiet(loop);
    assert_true(has_room());
    finish();
}

static void a_client_that_goes_makes_room(void **state)
{
    (void)state;
    fill("");
    peer_reset(&clients[0]);
    peer_reset(&clients[1]);
    peer_run_until_quiet(loop);
    assert_true(has_room());
    finish();
}

static void a_last_answer_counts_until_its_connection_has_ended(void **state)
{
    (void)state;
    fill("Connection: close\r\n");
    peer_receive_end(&clients[0]);
    peer_close(&clients[0]);
    peer_receive_end(&clients[1]);
    peer_close(&clients[1]);
    peer_run_until_quiet(loop);
    assert_true(has_room());
    finish();
}

static void clients_that_read_nothing_are_cut_and_all_is_free_again(void **state)
{
    (void)state;
    fill("");
    peer_clock_move(loop, SERVE_READ_MS);
    peer_clock_move(loop, SERVE_READ_MS);
    assert_true(has_room());
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(past_the_limit_a_large_answer_is_refused_and_a_small_one_is_given),
        cmocka_unit_test(a_client_that_reads_makes_room),
        cmocka_unit_test(a_client_that_goes_makes_room),
        cmocka_unit_test(a_last_answer_counts_until_its_connection_has_ended),
        cmocka_unit_test(clients_that_read_nothing_are_cut_and_all_is_free_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which request goes to which door, who may ask at all, and what is answered
 * where there is no door. */
#include "server/node.h"
#include "server/page.h"
#include "server/pages.h"
#include "server/routes.h"
#include "unit/fake_exchange.h"

/* After ours: its macro fail would eat `enum fail (*run)(...)`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* One page, in place of web/. */
const struct page pages[] = {{"/terminal/index.html", (const unsigned char *)"<p>", 3}};
const size_t pages_count = 1;

/* The terminal door, which only notes that it was asked. */
static unsigned upgrades;

void hub_upgrade(struct hub *hub, struct exchange *exchange, const struct http_head *head)
{
    (void)hub;
    (void)head;
    upgrades++;
    exchange_answer(exchange, &(struct exchange_answer){.status = 101});
}

/* --- Matching -------------------------------------------------------------------- */

static void a_path_matches_its_pattern_with_or_without_a_closing_slash(void **state)
{
    static const struct {
        const char *pattern;
        const char *path;
        const char *code; /* NULL: it does not match */
        const char *id;   /* NULL: "" */
    } cases[] = {
        {"/v2/devices", "/v2/devices", "", NULL},
        {"/v2/devices", "/v2/devices/", "", NULL},
        {"/v2/devices", "/v2/devices//", NULL, NULL},
        {"/v2/devices", "/v2/device", NULL, NULL},
        {"/v2/devices", "/v2/devicesx", NULL, NULL},
        {"/v2/devices", "/v2", NULL, NULL},
        {"/v2/devices", "/V2/devices", NULL, NULL},
        {"/v2/devices", "//v2/devices", NULL, NULL},
        {"/v2/devices", "v2/devices", NULL, NULL},
        {"/v2/devices", "", NULL, NULL},
        {"/v2/devices", "*", NULL, NULL},
        {"/v2/devices/{code}", "/v2/devices/JSV5", "JSV5", NULL},
        {"/v2/devices/{code}", "/v2/devices/JSV5/", "JSV5", NULL},
        {"/v2/devices/{code}", "/v2/devices/%4aSV5", "%4aSV5", NULL},
        {"/v2/devices/{code}", "/v2/devices/", NULL, NULL},
        {"/v2/devices/{code}", "/v2/devices//", NULL, NULL},
        {"/v2/devices/{code}", "/v2/devices", NULL, NULL},
        {"/v2/devices/{code}", "/v2/devices/JSV5/x", NULL, NULL},
        {"/v2/devices/{code}/ping", "/v2/devices/JSV5/ping", "JSV5", NULL},
        {"/v2/devices/{code}/ping", "/v2/devices/JSV5/ping/", "JSV5", NULL},
        {"/v2/devices/{code}/ping", "/v2/devices//ping", NULL, NULL},
        {"/v2/devices/{code}/ping", "/v2/devices/JSV5/pin", NULL, NULL},
        {"/v2/devices/{code}/ping", "/v2/devices/a/b/ping", NULL, NULL},
        {"/", "/", "", NULL},
        {"/", "", NULL, NULL},
        {"/", "/x", NULL, NULL},
        {"/v2/devices/{code}/payments/{id}", "/v2/devices/JSV5/payments/7", "JSV5", "7"},
        {"/v2/devices/{code}/payments/{id}", "/v2/devices/JSV5/payments/7/", "JSV5", "7"},
        {"/v2/devices/{code}/payments/{id}", "/v2/devices/JSV5/payments/", NULL, NULL},
        {"/v2/devices/{code}/payments/{id}", "/v2/devices//payments/7", NULL, NULL},
        {"/v2/devices/{code}/payments/{id}/cancel", "/v2/devices/a/payments/%37/cancel", "a",
         "%37"},
        {"/v2/devices/{code}/payments/{id}/cancel", "/v2/devices/a/payments//cancel", NULL, NULL},
        {"/v2/card-transactions/{id}", "/v2/card-transactions/25764674", "", "25764674"},
        {"/v2/card-transactions/{id}", "/v2/card-transactions", NULL, NULL},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct route_names names = {.code = slice_of("untouched"), .id = slice_of("untouched")};
        bool matches = route_matches(cases[i].pattern, slice_of(cases[i].path), &names);

        if (matches != (cases[i].code != NULL) ||
            (matches && (!slice_is(names.code, cases[i].code) ||
                         !slice_is(names.id, cases[i].id == NULL ? "" : cases[i].id)))) {
            fail_msg("%s and %s: %s", cases[i].pattern, cases[i].path,
                     matches ? "matched wrongly" : "did not match");
        }
    }
}

static void every_route_matches_itself_and_no_other_of_its_method(void **state)
{
    struct route_names names;
    size_t i;
    size_t j;

    (void)state;
    assert_true(routes_count > 0);
    for (i = 0; i < routes_count; i++) {
        assert_true(route_matches(routes[i].path, slice_of(routes[i].path), &names));
        for (j = 0; j < routes_count; j++) {
            assert_true(i == j || routes[i].method != routes[j].method ||
                        strcmp(routes[i].path, routes[j].path) != 0);
        }
        assert_int_equal(routes[i].api != NULL, routes[i].kind == ROUTE_API);
        assert_int_equal(routes[i].target != NULL, routes[i].kind == ROUTE_REDIRECT);
    }
}

/* --- Hosts and origins ---------------------------------------------------------- */

static void only_names_of_this_machine_are_loopback(void **state)
{
    static const char *const loopback[] = {"localhost", "localhost:8080", "LocalHost",
                                           "127.0.0.1", "127.0.0.1:80",   "127.1.2.3",
                                           "[::1]",     "[::1]:8080"};
    static const char *const others[] = {"",
                                         ":",
                                         ":8080",
                                         "localhost.example.com",
                                         "notlocalhost",
                                         "localhost@evil.example",
                                         "127.0.0.1.example.com",
                                         "127.0.0.1.evil.example:80",
                                         "127.0.0",
                                         "127.1",
                                         "127.0.0.256",
                                         "127.0.0.0.1",
                                         "127.0.0.",
                                         "127..0.1",
                                         "128.0.0.1",
                                         "1127.0.0.1",
                                         "0.0.0.0",
                                         "[::]",
                                         "[::2]:80",
                                         "[::1].example.com",
                                         "::1",
                                         "[",
                                         "[:",
                                         "192.168.0.10:8080"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(loopback) / sizeof(loopback[0]); i++) {
        if (!route_host_is_loopback(slice_of(loopback[i]))) {
            fail_msg("%s is this machine", loopback[i]);
        }
    }
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (route_host_is_loopback(slice_of(others[i]))) {
            fail_msg("%s is not this machine", others[i]);
        }
    }
    assert_false(route_host_is_loopback(slice_make(NULL, 0)));
}

static void an_origin_is_ours_when_it_names_the_host_that_was_asked(void **state)
{
    static const struct {
        const char *origin;
        const char *host;
        bool ours;
    } cases[] = {
        {"http://localhost:8080", "localhost:8080", true},
        {"https://till.example.com", "till.example.com", true},
        {"http://LOCALHOST:8080", "localhost:8080", true},
        {"http://localhost", "localhost:8080", false},
        {"http://localhost:8081", "localhost:8080", false},
        {"http://localhost:8080.evil.example", "localhost:8080", false},
        {"http://localhost:8080/", "localhost:8080", false},
        {"http://evil.example/localhost:8080", "localhost:8080", false},
        {"http://user@localhost:8080", "localhost:8080", false},
        {"ws://localhost:8080", "localhost:8080", false},
        {"localhost:8080", "localhost:8080", false},
        {"null", "localhost:8080", false},
        {"", "localhost:8080", false},
        {"http://", "localhost:8080", false},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (route_origin_is_ours(slice_of(cases[i].origin), slice_of(cases[i].host)) !=
            cases[i].ours) {
            fail_msg("%s asked as %s", cases[i].origin, cases[i].host);
        }
    }
}

/* --- Serving ------------------------------------------------------------------------ */

static struct node_site site = {.loopback_hosts_only = true};
static struct node node = {.site = &site};

static void serve(struct exchange *exchange, const struct http_head *head)
{
    fake_exchange_init(exchange, NULL);
    routes_serve(&node, exchange, head, slice_make(NULL, 0));
    assert_int_equal(exchange->answers, 1);
}

static void paths_and_methods_are_told_apart(void **state)
{
    static const struct {
        enum http_method method;
        const char *target;
        int status;
        const char *header;
        const char *body;
    } cases[] = {
        {HTTP_GET, "/", 302, "Location: /terminal\n", ""},
        {HTTP_HEAD, "/", 405, "Allow: GET\n", "Method Not Allowed\n"},
        {HTTP_GET, "/nothing", 404, "", "404 page not found"},
        {HTTP_POST, "/nothing", 404, "", "404 page not found"},
        {HTTP_OTHER, "/nothing", 404, "", "404 page not found"},
        {HTTP_GET, "/v2/devices/A/nothing", 404, "", "404 page not found"},
        {HTTP_HEAD, "/v2/devices/JSV5/ping", 405, "Allow: GET\n", "Method Not Allowed\n"},
        {HTTP_POST, "/v2/devices/", 405, "Allow: GET\n", "Method Not Allowed\n"},
        {HTTP_OPTIONS, "/v2/connection-test", 405, "Allow: GET\n", "Method Not Allowed\n"},
        {HTTP_POST, "/device/v1", 405, "Allow: GET\n", "Method Not Allowed\n"},
        {HTTP_GET, "/terminal?x=1", 200, NULL, "<p>"},
        /* The door itself answers: no token. */
        {HTTP_GET, "/v2/devices?limit=1", 401, NULL, "{\"errors\":[\"Unauthorized\"]}"},
        {HTTP_GET, "/v2/connection-test/", 401, NULL, "{\"errors\":\"Unauthorized\"}"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_head head = fake_head(cases[i].method, cases[i].target, "localhost:8080");
        struct exchange exchange;

        serve(&exchange, &head);
        if (exchange.status != cases[i].status) {
            fail_msg("%s: %d", cases[i].target, exchange.status);
        }
        assert_string_equal(exchange.body.bytes, cases[i].body);
        if (cases[i].header != NULL) {
            assert_string_equal(exchange.headers.bytes, cases[i].header);
        }
        fake_exchange_finish(&exchange);
    }
}

static void another_name_for_this_server_is_refused_before_anything_else(void **state)
{
    struct http_head head = fake_head(HTTP_GET, "/v2/devices", "evil.example");
    struct exchange exchange;

    (void)state;
    serve(&exchange, &head);
    assert_int_equal(exchange.status, 403);
    assert_non_null(strstr(exchange.body.bytes, "--expose"));
    fake_exchange_finish(&exchange);
    site.loopback_hosts_only = false;
    serve(&exchange, &head);
    assert_int_equal(exchange.status, 401);
    fake_exchange_finish(&exchange);
    site.loopback_hosts_only = true;
}

static int terminal_status(const char *origin)
{
    struct http_head head = fake_head(HTTP_GET, "/device/v1", "localhost:8080");
    struct exchange exchange;

    if (origin != NULL) {
        fake_header(&head, "Origin", origin);
    }
    serve(&exchange, &head);
    fake_exchange_finish(&exchange);
    return exchange.status;
}

static void the_terminal_door_asks_for_the_origin_where_there_is_one(void **state)
{
    (void)state;
    upgrades = 0;
    assert_int_equal(terminal_status(NULL), 101);
    assert_int_equal(terminal_status("http://localhost:8080"), 101);
    assert_int_equal(upgrades, 2);
    assert_int_equal(terminal_status("http://localhost:9090"), 403);
    assert_int_equal(terminal_status("null"), 403);
    assert_int_equal(terminal_status(""), 403);
    assert_int_equal(upgrades, 2);
}

static void a_page_of_a_listed_origin_may_act_as_a_terminal(void **state)
{
    static const char *const origins[] = {"https://till.example", "http://kiosk.example:8080"};

    (void)state;
    site.origins = origins;
    site.origin_count = 2;
    assert_int_equal(terminal_status("https://till.example"), 101);
    assert_int_equal(terminal_status("HTTP://kiosk.example:8080"), 101);
    assert_int_equal(terminal_status("http://till.example"), 403);
    assert_int_equal(terminal_status("https://till.example.evil"), 403);
    assert_int_equal(terminal_status("https://till.example:8443"), 403);
    site.origin_count = 0;
    assert_int_equal(terminal_status("https://till.example"), 403);
}

static int status_of(bool at_operations, enum http_method method, const char *target)
{
    struct http_head head = fake_head(method, target, "localhost:8080");
    struct exchange exchange;

    fake_exchange_init(&exchange, NULL);
    if (at_operations) {
        routes_serve_operations(&node, &exchange, &head, slice_make(NULL, 0));
    } else {
        routes_serve(&node, &exchange, &head, slice_make(NULL, 0));
    }
    assert_int_equal(exchange.answers, 1);
    fake_exchange_finish(&exchange);
    return exchange.status;
}

static void the_listener_for_operations_knows_their_routes_alone(void **state)
{
    (void)state;
    assert_int_equal(status_of(true, HTTP_GET, "/healthz"), 200);
    assert_int_equal(status_of(true, HTTP_HEAD, "/healthz/"), 200);
    assert_int_equal(status_of(true, HTTP_POST, "/healthz"), 405);
    assert_int_equal(status_of(true, HTTP_GET, "/v2/devices"), 404);
    assert_int_equal(status_of(true, HTTP_GET, "/device/v1"), 404);
    assert_int_equal(status_of(true, HTTP_GET, "/terminal"), 404);
    assert_int_equal(status_of(true, HTTP_GET, "/"), 404);
}

static void where_operations_have_a_listener_of_their_own_no_other_knows_them(void **state)
{
    (void)state;
    assert_int_equal(status_of(false, HTTP_GET, "/healthz"), 200);
    site.operations_apart = true;
    assert_int_equal(status_of(false, HTTP_GET, "/healthz"), 404);
    assert_int_equal(status_of(false, HTTP_POST, "/readyz"), 404);
    assert_int_equal(status_of(false, HTTP_GET, "/metrics"), 404);
    assert_int_equal(status_of(false, HTTP_GET, "/v2/devices"), 401);
    assert_int_equal(status_of(true, HTTP_GET, "/healthz"), 200);
    site.operations_apart = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_matches_its_pattern_with_or_without_a_closing_slash),
        cmocka_unit_test(every_route_matches_itself_and_no_other_of_its_method),
        cmocka_unit_test(only_names_of_this_machine_are_loopback),
        cmocka_unit_test(an_origin_is_ours_when_it_names_the_host_that_was_asked),
        cmocka_unit_test(paths_and_methods_are_told_apart),
        cmocka_unit_test(another_name_for_this_server_is_refused_before_anything_else),
        cmocka_unit_test(the_terminal_door_asks_for_the_origin_where_there_is_one),
        cmocka_unit_test(a_page_of_a_listed_origin_may_act_as_a_terminal),
        cmocka_unit_test(the_listener_for_operations_knows_their_routes_alone),
        cmocka_unit_test(where_operations_have_a_listener_of_their_own_no_other_knows_them),
    };

    page_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

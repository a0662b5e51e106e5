/* The administrator's requests as bytes: what is read, what is refused, and
 * when a command may touch the data without a server. */
#include "unit/server/folder.h"

#include "base/id.h"
#include "net/local.h"
#include "server/admin_door.h"

#define ADD_BUSINESS                                                                               \
    "{\"noun\":\"business\",\"verb\":\"add\",\"options\":"                                         \
    "{\"name\":\"Shop \\\"A\\\"\",\"currency\":\"CAD\"}}"
#define LIST_BUSINESSES "{\"noun\":\"business\",\"verb\":\"list\",\"options\":{}}"

/* The reply to a request, on the open data of the folder. */
static void ask(struct folder *folder, const char *request, struct buf *reply)
{
    struct admin admin = {.store = folder->data.store, .pin_key = folder->data.pin_key};

    buf_init(reply, LOCAL_REPLY_MAX);
    admin_door_answer(&admin, getuid(), slice_of(request), reply);
    buf_byte(reply, '\0');
    assert_int_equal(buf_fail(reply), FAIL_NONE);
}

static void assert_reply(struct folder *folder, const char *request, const char *expected)
{
    struct buf reply;

    ask(folder, request, &reply);
    assert_string_equal(reply.bytes, expected);
    buf_finish(&reply);
}

static void a_verb_is_run_and_its_answer_written_as_json(void **state)
{
    struct folder *folder = folder_make();
    struct buf reply;

    (void)state;
    folder_open(folder);
    assert_reply(folder, LIST_BUSINESSES, "{\"ok\":[]}");
    assert_reply(folder, ADD_BUSINESS, "{\"ok\":{\"business\":1}}");
    ask(folder, LIST_BUSINESSES, &reply);
    assert_non_null(strstr(reply.bytes, "\"name\":\"Shop \\\"A\\\"\",\"currency\":\"CAD\""));
    assert_non_null(strstr(reply.bytes, "\"apiMode\":true"));
    buf_finish(&reply);
    data_close(&folder->data);
    folder_remove(folder);
}

static void a_refusal_is_a_sentence_and_nothing_else(void **state)
{
    struct folder *folder = folder_make();

    (void)state;
    folder_open(folder);
    assert_reply(folder, "{\"noun\":\"business\",\"verb\":\"show\",\"options\":{\"id\":\"7\"}}",
                 "{\"error\":\"there is no business 7\"}");
    assert_reply(folder, "{\"noun\":\"shop\",\"verb\":\"add\",\"options\":{}}",
                 "{\"error\":\"there is no such thing to administer; there are business, user, "
                 "token, device, payment, webhook, audit and data\"}");
    data_close(&folder->data);
    folder_remove(folder);
}

static void a_request_of_another_form_is_refused(void **state)
{
    static const char *const requests[] = {
        "",
        "business list",
        "[]",
        "{}",
        "{\"noun\":\"business\",\"verb\":\"list\"}",
        "{\"noun\":\"business\",\"options\":{}}",
        "{\"verb\":\"list\",\"options\":{}}",
        "{\"noun\":1,\"verb\":\"list\",\"options\":{}}",
        "{\"noun\":\"business\",\"verb\":null,\"options\":{}}",
        "{\"noun\":\"business\",\"verb\":\"list\",\"options\":[]}",
        "{\"noun\":\"business\",\"verb\":\"show\",\"options\":{\"id\":1}}",
        "{\"noun\":\"business\",\"verb\":\"add\",\"options\":{\"name\":{\"a\":\"b\"}}}",
        LIST_BUSINESSES " ,",
    };
    struct folder *folder = folder_make();
    size_t i;

    (void)state;
    folder_open(folder);
    for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        assert_reply(folder, requests[i],
                     "{\"error\":\"the request cannot be read; is the command of the same version "
                     "as the server?\"}");
    }
    data_close(&folder->data);
    folder_remove(folder);
}

/* --- The limit -------------------------------------------------------------------------- */

static void options_write(struct buf *request, unsigned count)
{
    unsigned i;

    buf_init(request, 4096);
    buf_text(request, "{\"noun\":\"business\",\"verb\":\"list\",\"options\":{");
    for (i = 0; i < count; i++) {
        buf_format(request, "%s\"o%u\":\"x\"", i == 0 ? "" : ",", i);
    }
    buf_text(request, "}}");
    buf_byte(request, '\0');
}

static void sixteen_options_are_read_and_no_more(void **state)
{
    struct folder *folder = folder_make();
    struct buf request;
    struct buf reply;

    (void)state;
    folder_open(folder);
    options_write(&request, ADMIN_OPTIONS_MAX);
    assert_reply(folder, request.bytes, "{\"ok\":[]}");
    buf_finish(&request);
    options_write(&request, ADMIN_OPTIONS_MAX + 1);
    ask(folder, request.bytes, &reply);
    assert_non_null(strstr(reply.bytes, "\"error\""));
    buf_finish(&request);
    buf_finish(&reply);
    data_close(&folder->data);
    folder_remove(folder);
}

/* --- Without a server ----------------------------------------------------------------------- */

static enum fail call(const struct folder *folder, const char *request, struct buf *reply)
{
    enum fail fail;

    buf_init(reply, LOCAL_REPLY_MAX);
    fail = admin_door_call(folder->path, slice_of(request), reply);
    buf_byte(reply, '\0');
    return fail;
}

static void only_the_first_business_makes_the_data(void **state)
{
    struct folder *folder = folder_make();
    struct buf reply;

    (void)state;
    assert_int_equal(call(folder, LIST_BUSINESSES, &reply), FAIL_NOT_FOUND);
    buf_finish(&reply);
    assert_false(folder_has(folder, "tillwire.db"));
    assert_int_equal(call(folder, ADD_BUSINESS, &reply), FAIL_NONE);
    assert_string_equal(reply.bytes, "{\"ok\":{\"business\":1}}");
    buf_finish(&reply);
    assert_int_equal(call(folder, LIST_BUSINESSES, &reply), FAIL_NONE);
    assert_non_null(strstr(reply.bytes, "Shop"));
    buf_finish(&reply);
    folder_remove(folder);
}

static void data_that_cannot_be_opened_are_explained(void **state)
{
    struct folder *folder = folder_make();
    struct buf reply;

    (void)state;
    folder_open(folder);
    data_close(&folder->data);
    folder_write(folder, "pin.key", "damaged");
    assert_int_equal(call(folder, LIST_BUSINESSES, &reply), FAIL_NONE);
    assert_non_null(strstr(reply.bytes, "pin.key"));
    buf_finish(&reply);
    folder_remove(folder);
}

static void held_data_without_anybody_who_answers_are_busy(void **state)
{
    struct folder *folder = folder_make();
    struct buf reply;

    (void)state;
    folder_open(folder);
    assert_int_equal(call(folder, LIST_BUSINESSES, &reply), FAIL_BUSY);
    buf_finish(&reply);
    data_close(&folder->data);
    folder_remove(folder);
}

static void on_request(void *context, unsigned user, struct slice request, struct buf *reply)
{
    admin_door_answer(context, user, request, reply);
}

static void held_data_are_asked_of_the_holder(void **state)
{
    struct folder *folder = folder_make();
    struct local_server *server = NULL;
    struct local_handler handler = {.on_request = on_request};
    struct admin admin;
    struct buf reply;

    (void)state;
    folder_open(folder);
    admin = (struct admin){.store = folder->data.store, .pin_key = folder->data.pin_key};
    handler.context = &admin;
    assert_int_equal(local_serve(&server, folder->path, &handler), FAIL_NONE);
    assert_int_equal(call(folder, ADD_BUSINESS, &reply), FAIL_NONE);
    assert_string_equal(reply.bytes, "{\"ok\":{\"business\":1}}");
    buf_finish(&reply);
    local_stop(&server);
    data_close(&folder->data);
    folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verb_is_run_and_its_answer_written_as_json),
        cmocka_unit_test(a_refusal_is_a_sentence_and_nothing_else),
        cmocka_unit_test(a_request_of_another_form_is_refused),
        cmocka_unit_test(sixteen_options_are_read_and_no_more),
        cmocka_unit_test(only_the_first_business_makes_the_data),
        cmocka_unit_test(data_that_cannot_be_opened_are_explained),
        cmocka_unit_test(held_data_without_anybody_who_answers_are_busy),
        cmocka_unit_test(held_data_are_asked_of_the_holder),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

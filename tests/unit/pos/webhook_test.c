/* Webhooks at a point of sale: which are genuine, which came before, what they say. */
#include "pos/webhook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { AT_S = 1768415898 };
#define AT "1768415898"
#define SALE "{\"id\":\"25764674\",\"type\":\"cardTransaction\"}"
#define CANCEL                                                                                     \
    "{\"type\":\"terminalCancel\",\"data\":{\"cancelledAt\":\"2026-01-14T18:38:18Z\","             \
    "\"currency\":\"CAD\",\"deviceCode\":\"NBL7\",\"transactionAmount\":52.5,"                     \
    "\"invoiceNumber\":\"INV1\",\"customerCode\":\"\"}}"

static uint8_t secret[SIGNATURE_SECRET_SIZE];
static struct webhook webhook;

static struct http_header header(const char *name, const char *value)
{
    return (struct http_header){slice_of(name), slice_of(value)};
}

/* A message as its sender makes it at AT_S, read at `now_s`. */
static const char *receive(const char *id, const char *body, int64_t now_s)
{
    const struct signed_message message = {slice_of(id), AT_S, slice_of(body)};
    char signature[SIGNATURE_SIZE];
    struct http_head head = {.method = HTTP_POST, .header_count = 3};

    signature_write(&message, secret, signature);
    head.headers[0] = header("webhook-id", id);
    head.headers[1] = header("webhook-timestamp", AT);
    head.headers[2] = header("webhook-signature", signature);
    return webhook_read(&head, slice_of(body), secret, now_s, &webhook);
}

static void a_transaction_is_read(void **state)
{
    (void)state;
    assert_null(receive("msg_1", SALE, AT_S));
    assert_string_equal(webhook.id, "msg_1");
    assert_string_equal(webhook.timestamp, AT);
    assert_string_equal(webhook.type, "cardTransaction");
    assert_int_equal(webhook.transaction, 25764674);
    assert_string_equal(webhook.code, "");
}

static void a_cancel_is_read(void **state)
{
    (void)state;
    assert_null(receive("msg_1", CANCEL, AT_S));
    assert_string_equal(webhook.type, "terminalCancel");
    assert_int_equal(webhook.transaction, 0);
    assert_string_equal(webhook.cancelled_at, "2026-01-14T18:38:18Z");
    assert_string_equal(webhook.code, "NBL7");
    assert_string_equal(webhook.amount, "52.5");
    assert_string_equal(webhook.currency, "CAD");
    assert_string_equal(webhook.invoice, "INV1");
}

static void what_is_genuine_is_taken_whatever_it_says(void **state)
{
    (void)state;
    assert_null(receive("msg_1", "no json", AT_S));
    assert_string_equal(webhook.type, "");
    assert_null(receive("msg_1", "", AT_S));
    assert_null(receive("msg_1", "{\"type\":\"later\",\"id\":\"7\"}", AT_S));
    assert_string_equal(webhook.type, "later");
    assert_int_equal(webhook.transaction, 0);
    assert_null(receive("msg_1", "{\"type\":\"cardTransaction\",\"id\":\"-7\"}", AT_S));
    assert_int_equal(webhook.transaction, 0);
    assert_null(receive("msg_1", "{\"type\":[],\"data\":7}", AT_S));
    assert_string_equal(webhook.type, "");
}

static void a_changed_message_is_refused(void **state)
{
    const struct signed_message message = {slice_of("msg_1"), AT_S, slice_of(SALE)};
    char signature[SIGNATURE_SIZE];
    struct http_head head = {.method = HTTP_POST, .header_count = 3};
    uint8_t other[SIGNATURE_SECRET_SIZE] = {1};

    (void)state;
    signature_write(&message, secret, signature);
    head.headers[0] = header("webhook-id", "msg_2");
    head.headers[1] = header("webhook-timestamp", AT);
    head.headers[2] = header("webhook-signature", signature);
    assert_non_null(strstr(webhook_read(&head, slice_of(SALE), secret, AT_S, &webhook),
                           "not by this verifier token"));
    head.headers[0] = header("webhook-id", "msg_1");
    assert_null(webhook_read(&head, slice_of(SALE), secret, AT_S, &webhook));
    assert_non_null(webhook_read(&head, slice_of(SALE " "), secret, AT_S, &webhook));
    assert_non_null(webhook_read(&head, slice_of(SALE), other, AT_S, &webhook));
}

static void a_message_without_its_headers_is_refused(void **state)
{
    static const char *const NAMES[] = {"webhook-id", "webhook-timestamp", "webhook-signature"};
    char long_id[WEBHOOK_ID_SIZE + 1];
    size_t left_out;
    size_t i;

    (void)state;
    for (left_out = 0; left_out < 3; left_out++) {
        struct http_head head = {.method = HTTP_POST};

        for (i = 0; i < 3; i++) {
            if (i != left_out) {
                head.headers[head.header_count++] = header(NAMES[i], AT);
            }
        }
        assert_non_null(strstr(webhook_read(&head, slice_of(SALE), secret, AT_S, &webhook),
                               "missing or malformed"));
    }
    memset(long_id, 'a', sizeof(long_id));
    long_id[WEBHOOK_ID_SIZE - 1] = '\0';
    assert_null(receive(long_id, SALE, AT_S));
    long_id[WEBHOOK_ID_SIZE - 1] = 'a';
    long_id[WEBHOOK_ID_SIZE] = '\0';
    assert_non_null(strstr(receive(long_id, SALE, AT_S), "missing or malformed"));
}

static void a_replay_is_refused(void **state)
{
    (void)state;
    assert_null(receive("msg_1", SALE, AT_S + SIGNATURE_TOLERANCE_S));
    assert_null(receive("msg_1", SALE, AT_S - SIGNATURE_TOLERANCE_S));
    assert_non_null(strstr(receive("msg_1", SALE, AT_S + SIGNATURE_TOLERANCE_S + 1), "5 minutes"));
    assert_non_null(strstr(receive("msg_1", SALE, AT_S - SIGNATURE_TOLERANCE_S - 1), "5 minutes"));
}

static void an_id_that_came_before_is_known_until_many_others_came(void **state)
{
    struct webhook_memory *memory = NULL;
    char id[32];
    int i;

    (void)state;
    assert_int_equal(webhook_memory_create(&memory), FAIL_NONE);
    assert_false(webhook_memory_note(memory, "msg_first"));
    assert_true(webhook_memory_note(memory, "msg_first"));
    for (i = 1; i < WEBHOOK_KNOWN_MAX; i++) {
        (void)snprintf(id, sizeof(id), "msg_%d", i);
        assert_false(webhook_memory_note(memory, id));
    }
    assert_true(webhook_memory_note(memory, "msg_first"));
    assert_false(webhook_memory_note(memory, "msg_one_more"));
    assert_false(webhook_memory_note(memory, "msg_first"));
    webhook_memory_destroy(&memory);
    assert_null(memory);
    webhook_memory_destroy(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transaction_is_read),
        cmocka_unit_test(a_cancel_is_read),
        cmocka_unit_test(what_is_genuine_is_taken_whatever_it_says),
        cmocka_unit_test(a_changed_message_is_refused),
        cmocka_unit_test(a_message_without_its_headers_is_refused),
        cmocka_unit_test(a_replay_is_refused),
        cmocka_unit_test(an_id_that_came_before_is_known_until_many_others_came),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

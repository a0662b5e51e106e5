/* The administrator's webhook: set, shown, rotated, removed; deliveries listed
 * and sent again; and the courier of a running server woken each time. */
#include "unit/admin/verbs.h"

#include "store/delivery.h"
#include "store/paying.h"
#include "wire/signature.h"

#define URL "https://shop.example.com/hook?key=secret"
#define NO_WEBHOOK "no: business 1 has no webhook; set one with 'webhook set --url URL'"

/* Secrets are thirty-two times the same byte: 1 for the first, and so on. */
static uint8_t secrets;
static uint8_t other_bytes;

static void predictable(void *context, void *out, size_t length)
{
    uint8_t *bytes = out;
    size_t i;

    (void)context;
    if (length == WEBHOOK_SECRET_SIZE) {
        memset(out, ++secrets, length);
        return;
    }
    for (i = 0; i < length; i++) {
        bytes[i] = other_bytes++;
    }
}

static struct scene *open_shop(void)
{
    struct scene *scene = open_scene();

    secrets = 0;
    allow_loopback = false;
    id_replace(predictable, NULL);
    return scene;
}

static void close_shop(struct scene *scene)
{
    id_replace(NULL, NULL);
    scene_remove(scene);
}

static const char *token_of(uint8_t byte)
{
    static char token[SIGNATURE_TOKEN_SIZE];
    uint8_t secret[SIGNATURE_SECRET_SIZE];

    memset(secret, byte, sizeof(secret));
    signature_token_write(secret, token);
    return token;
}

static const char *row_of(const char *url, const char *events, uint8_t secret, const char *old)
{
    static char row[WORDS_MAX];

    assert_true(text_format(row, sizeof(row),
                            "{ business=1 url=%s events=%s verifierToken=%s oldValidUntil=%s "
                            "created=2026-01-23T01:00:00.000Z}",
                            url, events, token_of(secret), old));
    return row;
}

static void a_webhook_is_set_and_its_token_stays_when_it_changes(void **state)
{
    struct scene *scene = open_shop();

    (void)state;
    expect(scene, "webhook show business=1", NO_WEBHOOK);
    expect(scene, "webhook set business=1 events=terminalCancel", NO_WEBHOOK);
    expect(scene, "webhook set business=1 url=" URL,
           row_of(URL, "cardTransaction,terminalCancel", 2, "none"));
    expect(scene, "webhook set business=1 events=terminalCancel",
           row_of(URL, "terminalCancel", 2, "none"));
    expect(scene, "webhook set business=1 url=https://a.example/",
           row_of("https://a.example/", "terminalCancel", 2, "none"));
    expect(scene, "webhook set business=1 url=https://b.example/ events=cardTransaction",
           row_of("https://b.example/", "cardTransaction", 2, "none"));
    expect(scene, "webhook show business=1",
           row_of("https://b.example/", "cardTransaction", 2, "none"));
    expect(scene, "webhook show business=2",
           "no: business 2 has no webhook; set one with 'webhook set --url URL'");
    close_shop(scene);
}

static void what_no_webhook_may_be_is_refused(void **state)
{
    static const char *const events[] = {
        "", ",", "all", "cardTransaction,", "cardtransaction", "terminalCancel,terminalCancel"};
    struct scene *scene = open_shop();
    char words[WORDS_MAX];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        assert_true(text_format(words, sizeof(words),
                                "webhook set business=1 url=" URL " events=%s", events[i]));
        expect(scene, words,
               "no: --events is cardTransaction, terminalCancel, or both with a comma between "
               "them");
    }
    expect(scene, "webhook set business=1", "no: nothing to set: give --url or --events");
    expect(scene, "webhook set business=1 url=https://10.0.0.1/",
           "no: --url: the host must not be a private, local or reserved address: a webhook is "
           "sent over the Internet");
    expect(scene, "webhook set business=1 url=http://127.0.0.1:9/",
           "no: --url: the address must start with https://; only the data of 'tillwire dev' may "
           "have one on this machine");
    expect(scene, "webhook show business=1", NO_WEBHOOK);
    allow_loopback = true;
    expect(scene, "webhook set business=1 url=http://127.0.0.1:9/",
           row_of("http://127.0.0.1:9/", "cardTransaction,terminalCancel", 1, "none"));
    expect(scene, "webhook set business=1 url=http://10.0.0.1/",
           "no: --url: the address must start with https://");
    close_shop(scene);
}

static void a_rotation_keeps_the_old_token_for_its_grace(void **state)
{
    struct scene *scene = open_shop();
    char words[WORDS_MAX];

    (void)state;
    expect(scene, "webhook rotate business=1", NO_WEBHOOK);
    expect(scene, "webhook set business=1 url=" URL,
           row_of(URL, "cardTransaction,terminalCancel", 2, "none"));
    assert_true(text_format(words, sizeof(words),
                            "{ verifierToken=%s oldValidUntil=2026-01-24T01:00:00.000Z}",
                            token_of(3)));
    expect(scene, "webhook rotate business=1", words);
    expect(scene, "webhook show business=1",
           row_of(URL, "cardTransaction,terminalCancel", 3, "2026-01-24T01:00:00.000Z"));
    assert_true(
        text_format(words, sizeof(words), "{ verifierToken=%s oldValidUntil=none}", token_of(4)));
    expect(scene, "webhook rotate business=1 grace=0", words);
    expect(scene, "webhook show business=1",
           row_of(URL, "cardTransaction,terminalCancel", 4, "none"));
    expect(scene, "webhook rotate business=1 grace=8761",
           "no: --grace is a number of hours from 0 to 8760: for so long the old verifier token is "
           "good beside the new one");
    close_shop(scene);
}

/* A transaction of business 1, and a payment that was cancelled. */
static enum fail pay(struct store_tx *tx, void *argument)
{
    const struct scene *scene = argument;
    struct till till = {.business = scene->business};
    struct store_event event = {.business = scene->business, .at_ms = NOW_MS};
    struct payment_row row;
    bool delivery;

    till.device = device_add(tx, scene->business, "TW-1", "credential");
    row = sale_approved(tx, payment_of(&till, ""), NOW_MS);
    event.payment = row.id;
    event.transaction = row.approved;
    WORKS(store_event_add(tx, &event, &delivery));
    assert_true(delivery);
    row = payment_begin(tx, &till);
    payment_end(tx, &row, PAYMENT_CANCELLED);
    event = (struct store_event){.business = scene->business,
                                 .kind = EVENT_TERMINAL_CANCEL,
                                 .payment = row.id,
                                 .at_ms = NOW_MS};
    return store_event_add(tx, &event, &delivery);
}

/* Whatever it answers. */
static void just(struct scene *scene, const char *words)
{
    struct buf answer;

    run(scene, NULL, words, &answer);
    assert_memory_not_equal(answer.bytes, "no:", 3);
    buf_finish(&answer);
}

static void expect_has(struct scene *scene, const char *words, const char *const *parts)
{
    struct buf answer;

    run(scene, NULL, words, &answer);
    for (; *parts != NULL; parts++) {
        if (strstr(answer.bytes, *parts) == NULL) {
            print_error("%s: %s lacks %s\n", words, answer.bytes, *parts);
            assert_true(false);
        }
    }
    buf_finish(&answer);
}

static void deliveries_are_listed_newest_last_shown_and_sent_again(void **state)
{
    struct scene *scene = open_shop();

    (void)state;
    just(scene, "webhook set business=1 url=" URL);
    scene_do(scene, pay, scene);
    expect_has(scene, "webhook deliveries business=1",
               (const char *[]){"[{ id=1 event=cardTransaction state=waiting attempts=0 payment=",
                                "}{ id=2 event=terminalCancel state=waiting attempts=0 payment=",
                                "transaction=none", "messageId=msg_", NULL});
    expect_has(scene, "webhook deliveries business=1 limit=1",
               (const char *[]){"[{ id=2 event=terminalCancel", NULL});
    expect(scene, "webhook deliveries business=1 state=dead", "[]");
    expect(scene, "webhook deliveries business=2", "[]");
    expect(scene, "webhook deliveries business=1 state=lost",
           "no: --state is waiting, delivered or dead");
    expect_has(scene, "webhook delivery business=1 id=1",
               (const char *[]){"{ id=1 event=cardTransaction", "answers=[]}", NULL});
    expect(scene, "webhook delivery business=2 id=1", "no: business 2 has no delivery 1");
    expect(scene, "webhook remove business=1", "{ business=1}");
    expect_has(scene, "webhook deliveries business=1 state=dead",
               (const char *[]){"[{ id=1 ", "}{ id=2 ", "next=none", NULL});
    expect(scene, "webhook resend business=1 id=1", NO_WEBHOOK);
    expect(scene, "webhook resend business=1 dead=true", NO_WEBHOOK);
    just(scene, "webhook set business=1 url=" URL);
    expect(scene, "webhook resend business=1 dead=true", "{ resent=2}");
    expect(scene, "webhook deliveries business=1 state=dead", "[]");
    expect(scene, "webhook resend business=1 id=2", "{ resent=1}");
    expect(scene, "webhook resend business=2 id=2", "no: business 2 has no delivery 2");
    expect(scene, "webhook resend business=1",
           "no: say which: the ID of a delivery, as 'webhook deliveries' shows it, or --dead for "
           "all that are dead");
    close_shop(scene);
}

static void the_courier_is_woken_after_each_change_and_by_nothing_else(void **state)
{
    struct scene *scene = open_shop();

    (void)state;
    expect_told(scene, "webhook set business=1 url=" URL, 0, "deliveries 0 1 0; ");
    scene_do(scene, pay, scene);
    expect_told(scene, "webhook set business=1 events=cardTransaction", 0, "deliveries 0 1 0; ");
    expect_told(scene, "webhook rotate business=1", 0, "deliveries 0 1 0; ");
    expect_told(scene, "webhook resend business=1 id=1", 0, "deliveries 0 1 0; ");
    expect_told(scene, "webhook resend business=1 dead=true", 0, "deliveries 0 1 0; ");
    expect_told(scene, "webhook show business=1", 0, "");
    expect_told(scene, "webhook deliveries business=1", 0, "");
    expect_told(scene, "webhook delivery business=1 id=1", 0, "");
    expect_told(scene, "webhook remove business=1", 0, "deliveries 0 1 0; ");
    close_shop(scene);
}

static void the_audit_has_the_host_and_neither_path_nor_token(void **state)
{
    struct scene *scene = open_shop();
    struct buf answer;

    (void)state;
    just(scene, "webhook set business=1 url=" URL " events=cardTransaction");
    just(scene, "webhook rotate business=1 grace=1");
    just(scene, "webhook remove business=1");
    run(scene, NULL, "audit list", &answer);
    assert_non_null(strstr(answer.bytes, "action=webhook.set subject=webhook detail=url, events "
                                         "cardTransaction, at https://shop.example.com:443}"));
    assert_non_null(strstr(answer.bytes, "action=webhook.rotate subject=webhook detail=grace 1}"));
    assert_non_null(strstr(answer.bytes, "action=webhook.remove subject=webhook detail="));
    assert_null(strstr(answer.bytes, "secret"));
    assert_null(strstr(answer.bytes, token_of(1)));
    assert_null(strstr(answer.bytes, token_of(2)));
    assert_null(strstr(answer.bytes, token_of(3)));
    buf_finish(&answer);
    close_shop(scene);
}

static void on_a_full_disk_nothing_is_changed_and_nobody_is_woken(void **state)
{
    static const char *const changes[] = {
        "webhook set business=1 url=https://a.example/", "webhook rotate business=1",
        "webhook resend business=1 id=1", "webhook resend business=1 dead=true",
        "webhook remove business=1"};
    struct scene *scene = open_shop();
    size_t i;

    (void)state;
    expect(scene, "webhook set business=1 url=" URL,
           row_of(URL, "cardTransaction,terminalCancel", 1, "none"));
    scene_do(scene, pay, scene);
    fault_arm(FAULT_WRITE, FAULT_DATABASE | FAULT_LOG, 0, SQLITE_FULL);
    for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct buf answer;

        told[0] = '\0';
        run(scene, scene->broker, changes[i], &answer);
        assert_string_equal(answer.bytes,
                            "no: there is no room left on the disk; nothing was changed");
        assert_string_equal(told, "");
        buf_finish(&answer);
    }
    fault_heal();
    expect(scene, "webhook show business=1",
           row_of(URL, "cardTransaction,terminalCancel", 1, "none"));
    close_shop(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_webhook_is_set_and_its_token_stays_when_it_changes),
        cmocka_unit_test(what_no_webhook_may_be_is_refused),
        cmocka_unit_test(a_rotation_keeps_the_old_token_for_its_grace),
        cmocka_unit_test(deliveries_are_listed_newest_last_shown_and_sent_again),
        cmocka_unit_test(the_courier_is_woken_after_each_change_and_by_nothing_else),
        cmocka_unit_test(the_audit_has_the_host_and_neither_path_nor_token),
        cmocka_unit_test(on_a_full_disk_nothing_is_changed_and_nobody_is_woken),
    };

    id_start();
    fault_install();
    clock_replace(&VERBS_CLOCK);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

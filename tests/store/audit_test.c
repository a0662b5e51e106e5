/* The audit, and the moment of the last write. */
#include "store/fixture.h"
#include "store/read.h"

enum { SEEN_MAX = 8 };

struct seen {
    size_t count;
    struct audit rows[SEEN_MAX];
};

static void see(void *context, const struct audit *row)
{
    struct seen *seen = context;

    assert_true(seen->count < SEEN_MAX);
    seen->rows[seen->count++] = *row;
}

static void add(struct store_tx *tx, int64_t business, const char *action)
{
    WORKS(store_audit_add(tx, &(struct store_audit){.at_ms = 7,
                                                    .business = business,
                                                    .actor = "uid 0 (root)",
                                                    .action = action,
                                                    .subject = "token 3",
                                                    .detail = "name Caf\xc3\xa9"}));
}

static void rows_are_read_newest_first_up_to_a_limit(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct seen seen = {0};

    add(tx, 0, "data.backup");
    add(tx, 1, "token.add");
    add(tx, 2, "token.set");
    add(tx, 1, "token.remove");
    WORKS(read_audit(tx, 3, see, &seen));
    assert_int_equal(seen.count, 3);
    assert_string_equal(seen.rows[0].action, "token.remove");
    assert_string_equal(seen.rows[2].action, "token.add");
    assert_int_equal(seen.rows[2].business, 1);
    assert_int_equal(seen.rows[2].at_ms, 7);
    assert_string_equal(seen.rows[2].actor, "uid 0 (root)");
    assert_string_equal(seen.rows[2].subject, "token 3");
    assert_string_equal(seen.rows[2].detail, "name Caf\xc3\xa9");
    seen.count = 0;
    WORKS(read_audit(tx, 100, see, &seen));
    assert_int_equal(seen.count, 4);
    assert_int_equal(seen.rows[3].business, 0);
}

static void of_one_business_are_its_own_alone(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct seen seen = {0};

    add(tx, 1, "token.add");
    add(tx, 2, "token.set");
    add(tx, 0, "data.backup");
    add(tx, 1, "token.remove");
    WORKS(read_audit_of(tx, 1, 100, see, &seen));
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.rows[0].action, "token.remove");
    assert_string_equal(seen.rows[1].action, "token.add");
    seen.count = 0;
    WORKS(read_audit_of(tx, 1, 1, see, &seen));
    assert_int_equal(seen.count, 1);
}

static void the_audit_outlives_its_business(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    struct seen seen = {0};

    add(tx, business, "business.remove");
    WORKS(store_business_remove(tx, business));
    WORKS(read_audit_of(tx, business, 100, see, &seen));
    assert_int_equal(seen.count, 1);
}

static void a_text_may_have_what_a_row_holds_and_no_byte_more(void **state)
{
    struct store_tx *tx = verbs_of(state);
    struct seen seen = {0};
    char words[AUDIT_WORDS_SIZE + 1];
    char action[AUDIT_ACTION_SIZE + 1];
    char detail[AUDIT_DETAIL_SIZE + 1];
    struct store_audit audit = {
        .actor = words, .action = action, .subject = words, .detail = detail};

    memset(words, 'w', sizeof(words));
    memset(action, 'a', sizeof(action));
    memset(detail, 'd', sizeof(detail));
    words[AUDIT_WORDS_SIZE - 1] = '\0';
    action[AUDIT_ACTION_SIZE - 1] = '\0';
    detail[AUDIT_DETAIL_SIZE - 1] = '\0';
    WORKS(store_audit_add(tx, &audit));
    WORKS(read_audit(tx, 1, see, &seen));
    assert_string_equal(seen.rows[0].actor, words);
    assert_string_equal(seen.rows[0].detail, detail);

    detail[AUDIT_DETAIL_SIZE - 1] = 'd';
    detail[AUDIT_DETAIL_SIZE] = '\0';
    assert_int_equal(store_audit_add(tx, &audit), FAIL_INVALID);
    detail[1] = '\0';
    words[AUDIT_WORDS_SIZE - 1] = 'w';
    words[AUDIT_WORDS_SIZE] = '\0';
    audit.actor = "x";
    assert_int_equal(store_audit_add(tx, &audit), FAIL_INVALID);
    audit.actor = words;
    audit.subject = "x";
    assert_int_equal(store_audit_add(tx, &audit), FAIL_INVALID);
    audit.actor = "x";
    action[AUDIT_ACTION_SIZE - 1] = 'a';
    action[AUDIT_ACTION_SIZE] = '\0';
    assert_int_equal(store_audit_add(tx, &audit), FAIL_INVALID);
}

/* --- Registrations ---------------------------------------------------------- */

static void log_in(struct store_tx *tx, int64_t business, int64_t user, const char *credential,
                   bool proven)
{
    struct secret_hash hash = hash_of(credential == NULL ? "" : credential);
    struct store_registration registration = {.business = business,
                                              .serial = "SN-1",
                                              .user = user,
                                              .with_code = true,
                                              .proven = proven,
                                              .credential = credential == NULL ? NULL : &hash,
                                              .now_ms = 9};
    struct device device;

    WORKS(store_device_register(tx, &registration, &device));
}

static void log_ins_that_change_who_a_terminal_is_stand_in_it_and_others_do_not(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t business = business_add(tx, "B");
    int64_t user = user_add(tx, business, "a@x", NULL);
    struct seen seen = {0};
    struct device device;

    log_in(tx, business, user, "one", false);
    log_in(tx, business, user, "two", true);
    log_in(tx, business, user, NULL, true);
    log_in(tx, business, user, "three", false);
    WORKS(store_device_by_serial(tx, business, "SN-1", &device));
    WORKS(store_device_remove(tx, business, device.id));
    log_in(tx, business, 0, "four", false);
    WORKS(read_audit_of(tx, business, 100, see, &seen));
    assert_int_equal(seen.count, 3);
    assert_string_equal(seen.rows[2].action, "device.register");
    assert_string_equal(seen.rows[2].actor, "user 1");
    assert_string_equal(seen.rows[2].subject, "terminal SN-1");
    assert_int_equal(seen.rows[2].at_ms, 9);
    assert_string_equal(seen.rows[1].action, "device.log_in");
    assert_string_equal(seen.rows[0].action, "device.come_back");
    assert_string_equal(seen.rows[0].actor, "tillwire");
}

/* --- The moment ------------------------------------------------------------- */

static void the_moment_is_what_was_last_said_also_when_it_is_earlier(void **state)
{
    struct store_tx *tx = verbs_of(state);
    int64_t moment = -1;

    WORKS(store_moment(tx, &moment));
    assert_int_equal(moment, 0);
    WORKS(store_moment_set(tx, 2000));
    WORKS(store_moment_set(tx, 1000));
    WORKS(store_moment(tx, &moment));
    assert_int_equal(moment, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VERB_TEST(rows_are_read_newest_first_up_to_a_limit),
        VERB_TEST(of_one_business_are_its_own_alone),
        VERB_TEST(the_audit_outlives_its_business),
        VERB_TEST(a_text_may_have_what_a_row_holds_and_no_byte_more),
        VERB_TEST(log_ins_that_change_who_a_terminal_is_stand_in_it_and_others_do_not),
        VERB_TEST(the_moment_is_what_was_last_said_also_when_it_is_earlier),
    };

    id_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

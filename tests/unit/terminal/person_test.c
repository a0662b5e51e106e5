/* Who stands in front of a headless terminal, and what they may type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "terminal/payment_application.h"
#include "terminal/person.h"

static void each_person_does_what_they_are_for(void **state)
{
    static const struct {
        enum person_way way;
        uint32_t try_again;
        uint32_t attempts;
        enum person_act acts[3]; /* at the card, at the PIN, after a decline */
    } rows[] = {
        {PERSON_APPROVE, 0, 1, {PERSON_PRESENTS, PERSON_ENTERS_PIN, PERSON_CANCELS}},
        {PERSON_APPROVE, 2, 1, {PERSON_PRESENTS, PERSON_ENTERS_PIN, PERSON_TRIES_AGAIN}},
        {PERSON_APPROVE, 2, 2, {PERSON_PRESENTS, PERSON_ENTERS_PIN, PERSON_TRIES_AGAIN}},
        {PERSON_APPROVE, 2, 3, {PERSON_PRESENTS, PERSON_ENTERS_PIN, PERSON_CANCELS}},
        {PERSON_CANCEL, 9, 1, {PERSON_CANCELS, PERSON_ENTERS_PIN, PERSON_CANCELS}},
        {PERSON_IGNORE, 9, 1, {PERSON_WAITS, PERSON_WAITS, PERSON_WAITS}},
        {PERSON_ASK, 9, 1, {PERSON_WAITS, PERSON_ENTERS_PIN, PERSON_WAITS}},
    };
    size_t row;
    int moment;

    (void)state;
    for (row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        struct person person = person_default();

        person.way = rows[row].way;
        person.try_again = rows[row].try_again;
        for (moment = PERSON_AT_CARD; moment <= PERSON_AT_RETRY; moment++) {
            assert_int_equal(person_decide(&person, (enum person_moment)moment, rows[row].attempts),
                             rows[row].acts[moment]);
        }
    }
}

static void the_words_of_an_option_are_read(void **state)
{
    static const char *const words[] = {"approve", "cancel", "ignore", "ask"};
    enum person_way way;
    int i;

    (void)state;
    for (i = 0; i < PERSON_WAYS; i++) {
        assert_true(person_way_read(slice_of(words[i]), &way));
        assert_int_equal(way, i);
    }
    assert_false(person_way_read(slice_of("Approve"), &way));
    assert_false(person_way_read(slice_of(""), &way));
}

static void what_is_typed_is_understood_or_explained(void **state)
{
    static const struct {
        const char *line;
        enum person_act act;
        const char *card;
    } lines[] = {
        {"", PERSON_WAITS, NULL},
        {"  ", PERSON_WAITS, NULL},
        {"approve", PERSON_PRESENTS, NULL},
        {"  cancel ", PERSON_CANCELS, NULL},
        {"retry", PERSON_TRIES_AGAIN, NULL},
        {"card amex", PERSON_PRESENTS, "amex"},
        {"card   visa-2 ", PERSON_PRESENTS, "visa-2"},
    };
    static const char *const wrong[] = {"yes",         "approve now", "card",   "card ",
                                        "card silver", "cancel it",   "retry 2"};
    struct person_command command;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_null(person_command_read(slice_of(lines[i].line), &command));
        assert_int_equal(command.act, lines[i].act);
        if (lines[i].card == NULL) {
            assert_null(command.card);
        } else {
            assert_string_equal(command.card->name, lines[i].card);
        }
    }
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_non_null(person_command_read(slice_of(wrong[i]), &command));
    }
}

/* --- The stand-in for a payment application -------------------------------- */

static struct sale_record of_amount(int64_t amount_minor)
{
    return (struct sale_record){
        .payment = 5,
        .amount_minor = amount_minor,
        .currency = "CAD",
        .authority = AUTHORITY_TERMINAL,
        .attempt = 1,
    };
}

static void the_stand_in_decides_by_the_decimals(void **state)
{
    const struct card *card = &test_card_find(slice_of("amex"))->card;
    struct sale_record record = of_amount(1200);

    (void)state;
    assert_int_equal(payment_application_delay_ms(&record, card), 0);
    payment_application_decide(&record, card, 4711);
    assert_int_equal(record.attempt, 2);
    assert_int_equal(record.unsent, UNSENT_RESULT);
    assert_true(record.approved);
    assert_int_equal(slice_of(record.approval_code).length, 6);
    assert_string_equal(record.card.last_four, card->last_four);

    record = of_amount(1251);
    payment_application_decide(&record, card, 4711);
    assert_false(record.approved);
    assert_string_equal(record.approval_code, "");
    assert_string_equal(record.reason, "Transaction Declined: PICK UP CARD - Pick up card");

    record = of_amount(1269);
    assert_int_equal(payment_application_delay_ms(&record, card), 10000);
    assert_int_equal(record.attempt, 1); /* asking how long it takes decides nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_person_does_what_they_are_for),
        cmocka_unit_test(the_words_of_an_option_are_read),
        cmocka_unit_test(what_is_typed_is_understood_or_explained),
        cmocka_unit_test(the_stand_in_decides_by_the_decimals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

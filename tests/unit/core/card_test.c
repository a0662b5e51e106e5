/* Names of cards both ways, and what the tray of test cards may hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/card.h"

static void every_name_is_read_back(void **state)
{
    static const char *const brands[] = {"visa", "mastercard", "amex", "discover", "interac"};
    static const char *const types[] = {"VI", "MC", "AX", "DI", "IN"};
    static const char *const kinds[] = {"credit", "debit"};
    static const char *const entries[] = {"tap", "insert", "swipe"};
    enum card_entry entry = CARD_ENTRIES;
    enum card_brand brand = CARD_BRANDS;
    enum card_kind kind = CARD_KINDS;
    unsigned i;

    (void)state;
    for (i = 0; i < CARD_BRANDS; i++) {
        assert_string_equal(card_brand_name((enum card_brand)i), brands[i]);
        assert_string_equal(card_type_name((enum card_brand)i), types[i]);
        assert_true(card_brand_read(slice_of(brands[i]), &brand));
        assert_int_equal(brand, i);
    }
    for (i = 0; i < CARD_KINDS; i++) {
        assert_string_equal(card_kind_name((enum card_kind)i), kinds[i]);
        assert_true(card_kind_read(slice_of(kinds[i]), &kind));
        assert_int_equal(kind, i);
    }
    for (i = 0; i < CARD_ENTRIES; i++) {
        assert_string_equal(card_entry_name((enum card_entry)i), entries[i]);
        assert_true(card_entry_read(slice_of(entries[i]), &entry));
        assert_int_equal(entry, i);
    }
}

static void what_is_not_known_of_a_card_has_no_name(void **state)
{
    (void)state;
    assert_null(card_brand_name(CARD_UNKNOWN));
    assert_string_equal(card_type_name(CARD_UNKNOWN), "");
}

static void other_words_are_refused_and_change_nothing(void **state)
{
    static const char *const words[] = {"", "VISA", "visa-2", "VI", "cred", "credits", "taps", "x"};
    enum card_entry entry = CARD_SWIPE;
    enum card_brand brand = CARD_AMEX;
    enum card_kind kind = CARD_DEBIT;
    unsigned i;

    (void)state;
    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        assert_false(card_brand_read(slice_of(words[i]), &brand));
        assert_false(card_kind_read(slice_of(words[i]), &kind));
        assert_false(card_entry_read(slice_of(words[i]), &entry));
    }
    assert_int_equal(brand, CARD_AMEX);
    assert_int_equal(kind, CARD_DEBIT);
    assert_int_equal(entry, CARD_SWIPE);
}

/* contract.md, The test processor. */
static void the_tray_has_the_cards_of_the_contract(void **state)
{
    static const struct {
        const char *name;
        const char *digits;
        enum card_brand brand;
        enum card_kind kind;
    } cards[] = {
        {"mastercard", "541333...9130", CARD_MASTERCARD, CARD_CREDIT},
        {"mastercard-2", "541333...0011", CARD_MASTERCARD, CARD_CREDIT},
        {"visa", "412493...9990", CARD_VISA, CARD_CREDIT},
        {"visa-2", "400000...0028", CARD_VISA, CARD_CREDIT},
        {"amex", "374245...1006", CARD_AMEX, CARD_CREDIT},
        {"discover", "601197...0005", CARD_DISCOVER, CARD_CREDIT},
        {"discover-2", "601145...3333", CARD_DISCOVER, CARD_CREDIT},
        {"interac", "999901...0017", CARD_INTERAC, CARD_DEBIT},
    };
    const struct test_card *found;
    char digits[16];
    unsigned i;

    (void)state;
    assert_int_equal(TEST_CARDS_COUNT, sizeof(cards) / sizeof(cards[0]));
    for (i = 0; i < TEST_CARDS_COUNT; i++) {
        found = test_card_find(slice_of(cards[i].name));
        assert_non_null(found);
        snprintf(digits, sizeof(digits), "%s...%s", found->card.first_six, found->card.last_four);
        assert_string_equal(digits, cards[i].digits);
        assert_string_equal(found->name, cards[i].name);
        assert_int_equal(found->card.brand, cards[i].brand);
        assert_int_equal(found->card.kind, cards[i].kind);
    }
    assert_null(test_card_find(slice_of("visa-3")));
    assert_null(test_card_find(slice_of("")));
}

static void assert_only(const char *text, int (*is_good)(int))
{
    for (; *text != '\0'; text++) {
        assert_true(is_good((unsigned char)*text));
    }
}

static int is_no_digit(int c)
{
    return !isdigit(c);
}

static void no_test_card_has_room_for_a_number(void **state)
{
    const struct card *card;
    unsigned other;
    unsigned i;

    (void)state;
    for (i = 0; i < TEST_CARDS_COUNT; i++) {
        card = &TEST_CARDS[i].card;
        assert_int_equal(strlen(card->first_six), 6);
        assert_int_equal(strlen(card->last_four), 4);
        assert_only(card->first_six, isdigit);
        assert_only(card->last_four, isdigit);
        assert_only(card->holder, is_no_digit);
        assert_true(strlen(card->holder) <= CARD_HOLDER_MAX);
        assert_only(card->reference, isalpha);
        assert_in_range(strlen(card->reference), CARD_REFERENCE_MIN, CARD_REFERENCE_MAX);
        for (other = 0; other < i; other++) {
            assert_string_not_equal(card->reference, TEST_CARDS[other].card.reference);
            assert_string_not_equal(TEST_CARDS[i].name, TEST_CARDS[other].name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_read_back),
        cmocka_unit_test(what_is_not_known_of_a_card_has_no_name),
        cmocka_unit_test(other_words_are_refused_and_change_nothing),
        cmocka_unit_test(the_tray_has_the_cards_of_the_contract),
        cmocka_unit_test(no_test_card_has_room_for_a_number),
    };

    return cmocka_run_group_tests_name("core/card", tests, NULL, NULL);
}

/* The test processor's table of decimals and the tray of test cards as the
 * program knows them, printed as JSON, for tests that compare a terminal's own
 * with them. */
#include <stdio.h>

#include "core/card.h"
#include "processor/processor.h"
#include "wire/json_write.h"

enum { TABLE_MAX = 64 * 1024 };

static void row_write(struct buf *out, const struct processor_row *row)
{
    json_open_object(out, NULL);
    json_add_integer(out, "from", row->from);
    json_add_integer(out, "to", row->to);
    json_add_bool(out, "approved", row->approved);
    json_add_bool(out, "reversed", row->reversed);
    json_add_integer(out, "delayMs", row->delay_ms);
    json_add_text(out, "reason", row->reason);
    json_close_object(out);
}

static void card_write(struct buf *out, const struct test_card *card)
{
    json_open_object(out, NULL);
    json_add_text(out, "name", card->name);
    json_add_text(out, "brand", card_brand_name(card->card.brand));
    json_add_text(out, "kind", card_kind_name(card->card.kind));
    json_add_text(out, "firstSix", card->card.first_six);
    json_add_text(out, "lastFour", card->card.last_four);
    json_add_text(out, "holder", card->card.holder);
    json_add_text(out, "reference", card->card.reference);
    json_close_object(out);
}

static void table_write(struct buf *out)
{
    unsigned i;

    json_open_object(out, NULL);
    json_open_array(out, "decimals");
    for (i = 0; i < PROCESSOR_TABLE_COUNT; i++) {
        row_write(out, &PROCESSOR_TABLE[i]);
    }
    json_close_array(out);
    json_open_array(out, "cards");
    for (i = 0; i < TEST_CARDS_COUNT; i++) {
        card_write(out, &TEST_CARDS[i]);
    }
    json_close_array(out);
    json_close_object(out);
}

int main(void)
{
    struct buf out;
    int code = 1;

    buf_init(&out, TABLE_MAX);
    table_write(&out);
    if (buf_fail(&out) == FAIL_NONE) {
        (void)fwrite(out.bytes, 1, out.length, stdout);
        code = 0;
    }
    buf_finish(&out);
    return code;
}

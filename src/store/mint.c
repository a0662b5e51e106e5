/* Device codes: at random first, for codes on screens are to tell nothing
 * about how many there are.
 *
 * A thousand tries cost six milliseconds at worst and miss only in a business
 * that is nearly full (at 99 of 100 once in 23 thousand times). Then all its
 * codes are read once into a bit map, so that the last code is found as surely
 * as the first, and a full business costs the writer some 0.15 seconds, not
 * the two seconds of a million look-ups. */
#include "store/mint.h"

#include <assert.h>
#include <stdlib.h>

#include "base/id.h"
#include "store/query.h"

enum {
    RANDOM_TRIES = 1000,
    SYMBOLS = 36, /* a code may hold any of A-Z 0-9, whatever is minted today */
    PLACES = SYMBOLS * SYMBOLS * SYMBOLS * SYMBOLS,
    PLACES_A_BYTE = 8,
};

/* Removed devices keep theirs. */
static const char IS_USED_SQL[] = "SELECT id FROM device WHERE business = ?1 AND code = ?2";
static const char ALL_USED_SQL[] =
    "SELECT code FROM device WHERE business = ?1 AND code IS NOT NULL";

/* FAIL_CONFLICT: somebody has it. */
static enum fail code_try(struct store_tx *tx, int64_t business, const char *code)
{
    struct query query;
    enum fail fail;

    query_begin(&query, tx, IS_USED_SQL);
    query_bind_integer(&query, 1, business);
    query_bind_text(&query, 2, code);
    (void)query_next(&query);
    fail = query_end_found(&query);
    if (fail == FAIL_NONE) {
        return FAIL_CONFLICT;
    }
    return fail == FAIL_NOT_FOUND ? FAIL_NONE : fail;
}

static size_t place_of(const char *code)
{
    size_t place = 0;
    int i;

    for (i = 0; i < CODE_LENGTH; i++) {
        char c = code[i];
        bool is_digit = c >= '0' && c <= '9';

        assert(is_digit || (c >= 'A' && c <= 'Z')); /* so says the table's CHECK */
        place = place * SYMBOLS + (size_t)(is_digit ? c - '0' + 26 : c - 'A');
    }
    return place;
}

static enum fail map_fill(struct store_tx *tx, int64_t business, uint8_t *map)
{
    char code[CODE_SIZE] = "";
    struct query query;

    query_begin(&query, tx, ALL_USED_SQL);
    query_bind_integer(&query, 1, business);
    while (query_next(&query)) {
        query_text(&query, 0, code, sizeof(code));
        if (query.fail == FAIL_NONE) {
            size_t place = place_of(code);

            map[place / PLACES_A_BYTE] |= (uint8_t)(1U << (place % PLACES_A_BYTE));
        }
    }
    return query_end(&query);
}

/* The first that is free from a random start on. */
static enum fail map_search(const uint8_t *map, char out[CODE_SIZE])
{
    uint32_t start = id_random_below(CODE_COUNT);
    uint32_t i;

    for (i = 0; i < CODE_COUNT; i++) {
        char code[CODE_SIZE];
        size_t place;

        code_from_number((start + i) % (uint32_t)CODE_COUNT, code);
        place = place_of(code);
        if (((unsigned)map[place / PLACES_A_BYTE] >> (place % PLACES_A_BYTE) & 1U) == 0) {
            (void)text_format(out, CODE_SIZE, "%s", code);
            return FAIL_NONE;
        }
    }
    return FAIL_LIMIT;
}

static enum fail code_search(struct store_tx *tx, int64_t business, char out[CODE_SIZE])
{
    uint8_t *map = calloc(PLACES / PLACES_A_BYTE, 1);
    enum fail fail;

    static_assert(PLACES % PLACES_A_BYTE == 0, "the map has no torn byte");
    if (map == NULL) {
        return FAIL_MEMORY;
    }
    fail = map_fill(tx, business, map);
    if (fail == FAIL_NONE) {
        fail = map_search(map, out);
    }
    free(map);
    return fail;
}

enum fail mint_code(struct store_tx *tx, int64_t business, char out[CODE_SIZE])
{
    int i;

    for (i = 0; i < RANDOM_TRIES; i++) {
        char code[CODE_SIZE];
        enum fail fail;

        code_from_number(id_random_below(CODE_COUNT), code);
        fail = code_try(tx, business, code);
        if (fail == FAIL_NONE) {
            (void)text_format(out, CODE_SIZE, "%s", code);
        }
        if (fail != FAIL_CONFLICT) {
            return fail;
        }
    }
    return code_search(tx, business, out);
}

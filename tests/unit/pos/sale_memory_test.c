/* Each allocation of a sale fails alone: it may then not know how it ends, but
 * it never says what is not so. */
#include "unit/pos/sale_scene.h"
#include "unit/wire/failing_memory.h"

#define APPROVED "{\"id\":7,\"state\":\"approved\",\"transactionId\":91,\"attempts\":[]}"
#define SOLD                                                                                       \
    "{\"transactionId\":91,\"status\":\"APPROVED\",\"type\":\"purchase\",\"amount\":12.34,"        \
    "\"invoiceNumber\":\"INV 7\"}"

/* The API's own memory does not fail. */
static void call(void *context, const struct pos_ask *ask, struct pos_said *said)
{
    int armed = failing_memory_armed;

    failing_memory_armed = 0;
    scene_call(context, ask, said);
    failing_memory_armed = armed;
}

static void run_with(const struct line *lines, size_t count, size_t successes)
{
    scene.lines = lines;
    scene.count = count;
    scene_api.call = call;
    failing_memory_start(successes);
    sale_run(&sale);
    failing_memory_stop();
}

/* Until nothing fails any more; every fate on the way is a true one. */
static void walk(const struct line *lines, size_t count, int64_t location)
{
    size_t successes = 0;
    size_t unknown = 0;
    void *state = NULL;

    for (;; successes++) {
        (void)scene_setup(&state);
        scene.location = location;
        run_with(lines, count, successes);
        if (failing_memory_asked <= successes) {
            break;
        }
        assert_true(scene.at < 2 ? sale.end == SALE_NOT_STARTED
                                 : sale.end == SALE_UNKNOWN || sale.end == SALE_APPROVED);
        unknown += sale.end == SALE_UNKNOWN ? 1 : 0;
        assert_true(successes < 1000);
    }
    assert_int_equal(sale.end, SALE_APPROVED);
    assert_int_equal(sale.transaction.id, 91);
    assert_true(successes > 4);
    assert_true(unknown > 0);
}

static void a_followed_sale_survives_each_failed_allocation(void **state)
{
    static const struct line LINES[] = {{BEFORE, 200, "[]", 0, 0},
                                        {PURCHASE, 202, "", 0, 0},
                                        {PAYMENT, 200, APPROVED, 0, 0},
                                        {"GET /card-transactions/91", 200, SOLD, 0, 0}};

    (void)state;
    walk(LINES, sizeof(LINES) / sizeof(LINES[0]), 7);
}

static void a_searched_sale_survives_each_failed_allocation(void **state)
{
    static const struct line LINES[] = {
        {BEFORE, 200, "[]", 0, 0}, {PURCHASE, 202, "", 0, 0}, {BEFORE, 200, "[" SOLD "]", 0, 0}};

    (void)state;
    walk(LINES, sizeof(LINES) / sizeof(LINES[0]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_followed_sale_survives_each_failed_allocation),
        cmocka_unit_test(a_searched_sale_survives_each_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A sale is looked for by its invoice number, where the API tells nothing else.
 *
 * An approval is an end. A decline is none: the customer may try again in the
 * same request, and nobody tells when it is over, so it is looked on until the
 * time for the sale has run out. */
#include <stdlib.h>
#include <string.h>

#include "pos/sale_part.h"

struct search {
    struct sale *sale;
    struct sale_pace pace;
    int64_t began_ms;
    int64_t last; /* transactions up to this id are known */
    bool is_told; /* that it cannot be cancelled */
    bool declined;
    struct pos_transaction_list list;
};

/* The oldest one that is not known yet; NULL: none. */
static const struct pos_transaction *next_of(const struct search *search)
{
    const struct pos_transaction *next = NULL;
    size_t i;

    for (i = 0; i < search->list.count; i++) {
        const struct pos_transaction *each = &search->list.items[i];

        if (each->id > search->last && (next == NULL || each->id < next->id)) {
            next = each;
        }
    }
    return next;
}

/* True with an approval. */
static bool take(struct search *search)
{
    struct sale *sale = search->sale;
    const struct pos_transaction *next;

    while ((next = next_of(search)) != NULL) {
        search->last = next->id;
        if (strcmp(next->type, "purchase") != 0 || strcmp(next->invoice, sale->invoice) != 0) {
            continue;
        }
        sale->transaction = *next;
        if (next->approved) {
            return true;
        }
        search->declined = true;
        sale_tell(sale, SALE_STEP_DECLINE, next->warning, next->id);
    }
    return false;
}

static enum sale_end give_up(struct search *search)
{
    if (search->declined) {
        return SALE_DECLINED;
    }
    sale_problem(search->sale, "no transaction with the invoice number %.80s has come in time",
                 search->sale->invoice);
    return SALE_UNKNOWN;
}

/* True when it has its end. */
static bool look(struct search *search, enum sale_end *end)
{
    struct sale *sale = search->sale;
    struct pos_refusal refusal;

    if (!ask_invoice(sale->api, sale->invoice, &search->list, &refusal)) {
        *end = SALE_UNKNOWN;
        return !sale_pace_trouble(sale, &search->pace, &refusal);
    }
    sale_pace_answered(sale, &search->pace);
    *end = SALE_APPROVED;
    return take(search);
}

static enum sale_end run(struct search *search)
{
    struct sale *sale = search->sale;
    enum sale_end end;

    while (!look(search, &end)) {
        if (sale_now_ms(sale) - search->began_ms >= sale->limit_ms) {
            return give_up(search);
        }
        if (!search->is_told && sale_is_cancel_wanted(sale)) {
            search->is_told = true;
            sale_tell(sale, SALE_STEP_NO_CANCEL, NULL, 0);
        }
        sale_pace_wait(sale, &search->pace);
    }
    return end;
}

enum sale_end sale_search(struct sale *sale, int64_t last)
{
    struct search *search = calloc(1, sizeof(*search));
    enum sale_end end;

    if (search == NULL) {
        sale_problem(sale, "%s", fail_text(FAIL_MEMORY));
        return SALE_UNKNOWN;
    }
    search->sale = sale;
    search->began_ms = sale_now_ms(sale);
    search->last = last;
    sale_pace_start(sale, &search->pace);
    end = run(search);
    free(search);
    return end;
}

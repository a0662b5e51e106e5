/* Looking for names that stand twice in one object, when it closes.
 *
 * Two programs may take the first or the last of two equal names, and somebody
 * may profit from the difference: a document with such an object is refused.
 * A small object is searched pair by pair. A large one is sorted; not hashed,
 * because sorting is quick for the worst names too, whoever chooses them. */
#include "wire/json_duplicate.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

enum { PAIRWISE_MAX = 16 /* members of an object that is not worth sorting */ };

static_assert(JSON_VALUES_MAX <= UINT16_MAX, "indexes are sorted as uint16_t");

/* Any total order will do: by length first, because that is quick; at last by
 * place in the document, so that of two equal names the later is known. */
static int name_compare(const struct json_value *values, uint16_t a, uint16_t b)
{
    struct slice left = values[a].name;
    struct slice right = values[b].name;
    int order;

    if (left.length != right.length) {
        return left.length < right.length ? -1 : 1;
    }
    order = memcmp(left.bytes, right.bytes, left.length);
    return order != 0 ? order : (int)a - (int)b;
}

/* Lets the entry at `root` sink to its place in a heap of `count`, the
 * greatest at the top. */
static void heap_sink(const struct json_value *values, uint16_t *order, size_t root, size_t count)
{
    size_t child;

    while ((child = root * 2 + 1) < count) {
        uint16_t entry = order[root];

        if (child + 1 < count && name_compare(values, order[child], order[child + 1]) < 0) {
            child++;
        }
        if (name_compare(values, entry, order[child]) > 0) {
            return;
        }
        order[root] = order[child];
        order[child] = entry;
        root = child;
    }
}

/* Heap sort: never worse than n log n, no recursion, no memory of its own. */
static void names_sort(const struct json_value *values, uint16_t *order, size_t count)
{
    size_t i;

    for (i = count / 2; i > 0; i--) {
        heap_sink(values, order, i - 1, count);
    }
    for (i = count - 1; i > 0; i--) {
        uint16_t greatest = order[0];

        order[0] = order[i];
        order[i] = greatest;
        heap_sink(values, order, 0, i);
    }
}

static uint32_t find_sorted(const struct json_value *values, uint32_t first)
{
    uint16_t order[JSON_VALUES_MAX] = {0};
    uint32_t found = 0;
    size_t count = 0;
    size_t i;

    for (; first != 0; first = values[first].next) {
        order[count++] = (uint16_t)first;
    }
    names_sort(values, order, count);
    for (i = 1; i < count; i++) {
        if (slice_equals(values[order[i - 1]].name, values[order[i]].name) &&
            (found == 0 || order[i] < found)) {
            found = order[i];
        }
    }
    return found;
}

static uint32_t find_pairwise(const struct json_value *values, uint32_t first)
{
    uint32_t later;
    uint32_t earlier;

    for (later = first; later != 0; later = values[later].next) {
        for (earlier = first; earlier != later; earlier = values[earlier].next) {
            if (slice_equals(values[earlier].name, values[later].name)) {
                return later;
            }
        }
    }
    return 0;
}

uint32_t json_duplicate_find(const struct json_value *values, uint32_t first)
{
    uint32_t index = first;
    size_t count = 0;

    for (; index != 0 && count <= PAIRWISE_MAX; index = values[index].next) {
        count++;
    }
    return count > PAIRWISE_MAX ? find_sorted(values, first) : find_pairwise(values, first);
}

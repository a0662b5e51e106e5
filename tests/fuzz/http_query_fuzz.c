/* Paths and queries, from any bytes.
 *
 * Holds: what is decoded is UTF-8 without a zero byte and no longer than its
 * source; a failure leaves the result alone; what was decoded, encoded anew
 * byte by byte, decodes the same; and a parameter that was found is found in a
 * query of that parameter alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "wire/http.h"

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "does not hold, line %d: %s\n", __LINE__, #condition);                 \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

enum { OUT_SIZE = 200, MARK = '#' };

static char out[OUT_SIZE];
static char again[OUT_SIZE];

/* "name=" (or nothing, without a name) and every byte of `out` escaped. */
static struct buf encoded(const char *name)
{
    struct buf bytes;
    size_t i;

    buf_init(&bytes, 4 * OUT_SIZE);
    if (name != NULL) {
        buf_format(&bytes, "%s=", name);
    }
    for (i = 0; out[i] != '\0'; i++) {
        buf_format(&bytes, "%%%02X", (unsigned)(unsigned char)out[i]);
    }
    return bytes;
}

static bool is_good(enum fail fail, struct slice source)
{
    size_t i;

    if (fail != FAIL_NONE) {
        for (i = 0; i < OUT_SIZE; i++) {
            MUST(out[i] == MARK);
        }
        return false;
    }
    MUST(memchr(out, '\0', OUT_SIZE) != NULL);
    MUST(strlen(out) <= source.length);
    MUST(slice_is_utf8(slice_of(out)));
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"limit", "a", "message"};
    struct slice source = slice_make((const char *)data, size);
    struct buf bytes;
    size_t i;

    memset(out, MARK, sizeof(out));
    if (is_good(http_path_decode(source, out, sizeof(out)), source)) {
        bytes = encoded(NULL);
        MUST(http_path_decode(buf_view(&bytes), again, sizeof(again)) == FAIL_NONE);
        MUST(strcmp(out, again) == 0);
        buf_finish(&bytes);
    }
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        memset(out, MARK, sizeof(out));
        if (is_good(http_query_find(source, names[i], out, sizeof(out)), source)) {
            bytes = encoded(names[i]);
            MUST(http_query_find(buf_view(&bytes), names[i], again, sizeof(again)) == FAIL_NONE);
            MUST(strcmp(out, again) == 0);
            buf_finish(&bytes);
        }
    }
    return 0;
}

/* Static files: known types only, a strict Content-Security-Policy, and entity
 * tags, so that a reload costs a 304. */
#include "server/page.h"

#include <assert.h>
#include <string.h>

#include "base/secret.h"
#include "server/pages.h"

enum { PAGES_MAX = 256, TAG_BYTES = 8, TAG_SIZE = TAG_BYTES * 2 + 3 };

static char tags[PAGES_MAX][TAG_SIZE]; /* in the order of `pages` */

static const struct {
    const char *ending;
    const char *type;
} TYPES[] = {
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
};

static const struct exchange_header SAFETY[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
     "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
     "frame-ancestors 'none'"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cache-Control", "no-cache"},
};
enum { SAFETY_COUNT = sizeof(SAFETY) / sizeof(SAFETY[0]) };

void page_start(void)
{
    size_t i;
    size_t j;

    assert(pages_count <= PAGES_MAX);
    for (i = 0; i < pages_count; i++) {
        struct secret_hash hash =
            secret_hash_of(slice_make((const char *)pages[i].bytes, pages[i].length));

        tags[i][0] = '"';
        for (j = 0; j < TAG_BYTES; j++) {
            (void)text_format(tags[i] + 1 + 2 * j, 3, "%02x", hash.bytes[j]);
        }
        memcpy(tags[i] + 1 + (size_t)2 * TAG_BYTES, "\"", 2);
    }
}

static const char *type_of(const char *path)
{
    const char *ending = strrchr(path, '.');
    size_t i;

    for (i = 0; ending != NULL && i < sizeof(TYPES) / sizeof(TYPES[0]); i++) {
        if (strcmp(ending, TYPES[i].ending) == 0) {
            return TYPES[i].type;
        }
    }
    return "application/octet-stream";
}

/* "/terminal" and "/terminal/" are the folder's index.html. */
static bool path_is(const char *page, struct slice path)
{
    static const char INDEX[] = "/index.html";
    size_t length = strlen(page);
    size_t folder = length > strlen(INDEX) ? length - strlen(INDEX) : 0;

    if (slice_is(path, page)) {
        return true;
    }
    if (folder == 0 || strcmp(page + folder, INDEX) != 0) {
        return false;
    }
    if (path.length > 1 && path.bytes[path.length - 1] == '/') {
        path.length--;
    }
    return path.length == folder && memcmp(path.bytes, page, folder) == 0;
}

/* If-None-Match (RFC 9110, 13.1.2): "*", or a list of tags, compared weakly. */
static bool client_has(const struct http_head *head, const char *tag)
{
    struct slice list = http_header_value(head, "if-none-match");
    struct slice part;

    while (slice_next_part(&list, ',', &part)) {
        part = slice_trim(part);
        if (slice_starts_with(part, "W/")) {
            part = slice_make(part.bytes + 2, part.length - 2);
        }
        if (slice_is(part, tag) || slice_is(part, "*")) {
            return true;
        }
    }
    return false;
}

static void answer(struct exchange *exchange, const struct http_head *head, size_t which)
{
    struct exchange_header headers[SAFETY_COUNT + 1];
    bool same = client_has(head, tags[which]);

    memcpy(headers, SAFETY, sizeof(SAFETY));
    headers[SAFETY_COUNT] = (struct exchange_header){"ETag", tags[which]};
    exchange_answer(exchange, &(struct exchange_answer){
                                  .status = same ? 304 : 200,
                                  .content_type = same ? NULL : type_of(pages[which].path),
                                  .body = same ? slice_make(NULL, 0)
                                               : slice_make((const char *)pages[which].bytes,
                                                            pages[which].length),
                                  .headers = headers,
                                  .header_count = SAFETY_COUNT + 1});
}

bool page_serve(struct exchange *exchange, const struct http_head *head)
{
    size_t i;

    for (i = 0; i < pages_count; i++) {
        if (!path_is(pages[i].path, head->path)) {
            continue;
        }
        if (head->method == HTTP_GET || head->method == HTTP_HEAD) {
            answer(exchange, head, i);
        } else {
            exchange_answer(exchange,
                            &(struct exchange_answer){
                                .status = 405,
                                .headers = &(struct exchange_header){"Allow", "GET, HEAD"},
                                .header_count = 1});
        }
        return true;
    }
    return false;
}

/* The lists are read from their right end, where the proxy next to us wrote:
 * what a client made up stands to the left and is never reached. A header that
 * stands several times is one list (RFC 9110, 5.3). */
#include "wire/forwarded.h"

#include <string.h>

/* Cuts the last part behind a comma off `*list`, without blanks around it.
 * False when nothing is left. */
static bool last_part(struct slice *list, struct slice *part)
{
    const char *comma;

    if (list->bytes == NULL) {
        return false;
    }
    comma = list->length == 0 ? NULL : memrchr(list->bytes, ',', list->length);
    if (comma == NULL) {
        *part = slice_trim(*list);
        *list = slice_make(NULL, 0);
        return true;
    }
    *part = slice_trim(slice_make(comma + 1, list->length - (size_t)(comma + 1 - list->bytes)));
    *list = slice_make(list->bytes, (size_t)(comma - list->bytes));
    return true;
}

/* "192.0.2.1", "192.0.2.1:4711", "2001:db8::1" or "[2001:db8::1]:4711": some
 * proxies write the port as well. */
static bool read_node(struct slice text, struct address *out)
{
    const char *end;

    if (text.length > 0 && text.bytes[0] == '[') {
        end = memchr(text.bytes, ']', text.length);
        return end != NULL &&
               address_read(slice_make(text.bytes + 1, (size_t)(end - text.bytes) - 1), out);
    }
    if (address_read(text, out)) {
        return true;
    }
    end = text.length == 0 ? NULL : memchr(text.bytes, ':', text.length);
    return end != NULL && memchr(text.bytes, '.', (size_t)(end - text.bytes)) != NULL &&
           address_read(slice_make(text.bytes, (size_t)(end - text.bytes)), out);
}

struct reader {
    const struct address_range *trusted;
    size_t trusted_count;
    struct address client;
    bool found; /* the list need not be read any further */
};

/* One header's part of the list. */
static void read_list(struct reader *reader, const struct address *proxy, struct slice list)
{
    struct address address;
    struct slice part;

    while (!reader->found && last_part(&list, &part)) {
        if (!read_node(part, &address) || !address_is_known(&address)) {
            reader->client = *proxy;
            reader->found = true;
            return;
        }
        reader->client = address;
        reader->found = !address_ranges_hold(reader->trusted, reader->trusted_count, &address);
    }
}

struct forwarded forwarded_read(const struct http_head *head, const struct address *proxy,
                                const struct address_range *trusted, size_t trusted_count)
{
    struct reader reader = {.trusted = trusted, .trusted_count = trusted_count, .client = *proxy};
    struct forwarded forwarded = {.secure = false};
    bool has_protocol = false;
    size_t i;

    for (i = head->header_count; i > 0; i--) {
        const struct http_header *header = &head->headers[i - 1];
        struct slice value = header->value;
        struct slice part;

        if (slice_is_ignoring_case(header->name, "x-forwarded-for")) {
            read_list(&reader, proxy, value);
        } else if (!has_protocol && slice_is_ignoring_case(header->name, "x-forwarded-proto")) {
            has_protocol = true;
            forwarded.secure = last_part(&value, &part) && slice_is_ignoring_case(part, "https");
        }
    }
    forwarded.client = reader.client;
    return forwarded;
}

/* Fuzz: a webhook's URL that is accepted has a host that is no address of this
 * machine or of a private network, in the one way to write it; and what is
 * accepted without tests' leave is accepted with it. */
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "wire/webhook_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_host(const struct url *url, bool allow_loopback)
{
    struct address address;
    char text[ADDRESS_TEXT_SIZE];

    check(slice_is_visible_ascii(slice_of(url->host)));
    check(strpbrk(url->host, "/@[]?#\\%\"<> ") == NULL);
    if (address_read(slice_of(url->host), &address)) {
        address_text(&address, text);
        check(url->host_is_ipv6 == (strchr(text, ':') != NULL));
        check(address_is_public(&address) || (allow_loopback && address_is_loopback(&address)));
    } else {
        check(!url->host_is_ipv6);
        check(strchr(url->host, '.') != NULL ||
              (allow_loopback && strcmp(url->host, "localhost") == 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_make((const char *)data, size);
    struct url url = {.port = 0};
    struct url same = {.port = 0};
    const char *strict = webhook_url_read(text, false, &url);
    const char *lenient = webhook_url_read(text, true, &same);

    if (strict == NULL) {
        check(lenient == NULL && memcmp(&url, &same, sizeof(url)) == 0);
        check(url.secure && (url.port == 443 || url.port >= 1024));
        check_host(&url, false);
    } else {
        check(strlen(strict) > 10);
    }
    if (lenient == NULL) {
        check(size <= WEBHOOK_URL_MAX && memchr(data, '#', size) == NULL);
        check(memchr(data, '\n', size) == NULL && memchr(data, '\0', size) == NULL);
        check(same.port > 0);
        check_host(&same, true);
    }
    return 0;
}

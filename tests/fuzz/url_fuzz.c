/* Fuzz: an address that is accepted, put together again from its parts, reads
 * as the same parts, and is safe inside a request. */
#include <stdlib.h>
#include <string.h>

#include "wire/url.h"

enum { AGAIN_SIZE = 2048 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_problem(const char *problem)
{
    check(problem != NULL && strlen(problem) > 10);
}

/* Nothing that could end a line, a target or a host early. */
static void check_harmless(const char *text)
{
    check(text[0] == '\0' || slice_is_visible_ascii(slice_of(text)));
    check(strpbrk(text, "?#\\\"<>") == NULL);
}

static void check_url(struct slice text)
{
    char again_text[AGAIN_SIZE];
    char authority[URL_HOST_SIZE + 8];
    const char *problem = NULL;
    struct url again;
    struct url url;

    if (url_read(text, &url, &problem) != FAIL_NONE) {
        check_problem(problem);
        return;
    }
    check_harmless(url.host);
    check_harmless(url.path);
    check(url.host[0] != '\0' && strpbrk(url.host, "/@[]") == NULL);
    check(url.path[0] == '\0' || url.path[0] == '/');
    check(url.path[0] == '\0' || url.path[strlen(url.path) - 1] != '/');
    check(url.port > 0);
    url_authority(&url, authority);
    check(text_format(again_text, sizeof(again_text), "%s://%s%s", url.secure ? "https" : "http",
                      authority, url.path));
    check(url_read(slice_of(again_text), &again, &problem) == FAIL_NONE);
    check(again.secure == url.secure && again.port == url.port);
    check(again.host_is_ipv6 == url.host_is_ipv6);
    check(strcmp(again.host, url.host) == 0 && strcmp(again.path, url.path) == 0);
}

static void check_listen(struct slice text)
{
    char host[URL_HOST_SIZE];
    char host_again[URL_HOST_SIZE];
    char again_text[AGAIN_SIZE];
    const char *problem = NULL;
    uint16_t port;
    uint16_t port_again;
    bool ipv6;

    if (url_listen_read(text, host, &port, &problem) != FAIL_NONE) {
        check_problem(problem);
        return;
    }
    check_harmless(host);
    ipv6 = strchr(host, ':') != NULL;
    check(text_format(again_text, sizeof(again_text), "%s%s%s:%u", ipv6 ? "[" : "", host,
                      ipv6 ? "]" : "", port));
    check(url_listen_read(slice_of(again_text), host_again, &port_again, &problem) == FAIL_NONE);
    check(strcmp(host, host_again) == 0 && port == port_again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_make((const char *)data, size);

    check_url(text);
    check_listen(text);
    return 0;
}

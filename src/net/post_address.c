/* From a host to addresses that may be connected to.
 *
 * libcurl gets the addresses that were checked here and no name, so there is
 * nothing to look up a second time: a name that is public for the check and
 * private for the connection (DNS rebinding) changes nothing. This machine's own
 * addresses are refused, public or not: what listens there may be ourselves. */
#include <assert.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <ifaddrs.h>

#include "net/post_part.h"

#define TELL(transfer, ...) (void)text_format((transfer)->why, POST_PROBLEM_SIZE, __VA_ARGS__)

static bool address_of(const struct sockaddr *from, struct address *out)
{
    struct sockaddr_in four;
    struct sockaddr_in6 six;

    if (from->sa_family == AF_INET) {
        memcpy(&four, from, sizeof(four));
        *out = address_of_four((const uint8_t *)&four.sin_addr);
        return true;
    }
    if (from->sa_family == AF_INET6) {
        memcpy(&six, from, sizeof(six));
        memcpy(out->bytes, &six.sin6_addr, sizeof(out->bytes));
        return true;
    }
    return false;
}

/* True also when the system does not tell: then nothing is sent. */
static bool is_own(const struct address *address)
{
    struct ifaddrs *all;
    const struct ifaddrs *each;
    bool own = false;

    if (getifaddrs(&all) != 0) {
        return true;
    }
    for (each = all; each != NULL && !own; each = each->ifa_next) {
        struct address one;

        own = each->ifa_addr != NULL && address_of(each->ifa_addr, &one) &&
              address_equals(&one, address);
    }
    freeifaddrs(all);
    return own;
}

bool post_address_allowed(const struct post_transfer *transfer, const struct address *address)
{
    if (transfer->loopback_only) {
        return address_is_loopback(address);
    }
    return address_is_public(address) && !is_own(address);
}

static enum fail keep(struct post_transfer *transfer, const struct address *address)
{
    char text[ADDRESS_TEXT_SIZE];
    size_t i;

    if (!post_address_allowed(transfer, address)) {
        address_text(address, text);
        TELL(transfer, "%s leads to %s, which is not an address of the Internet: nothing was sent",
             transfer->url.host, text);
        return FAIL_DENIED;
    }
    for (i = 0; i < transfer->address_count; i++) {
        if (address_equals(&transfer->addresses[i], address)) {
            return FAIL_NONE;
        }
    }
    if (transfer->address_count < POST_ADDRESSES_MAX) {
        transfer->addresses[transfer->address_count++] = *address;
    }
    return FAIL_NONE;
}

enum fail post_address_find(struct post_transfer *transfer)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *all = NULL;
    const struct addrinfo *each;
    enum fail fail = FAIL_NONE;
    int code = getaddrinfo(transfer->url.host, NULL, &hints, &all);

    if (code != 0) {
        TELL(transfer, "the host %s cannot be found: %s", transfer->url.host, gai_strerror(code));
        return FAIL_NOT_FOUND;
    }
    for (each = all; each != NULL && fail == FAIL_NONE; each = each->ai_next) {
        struct address address;

        if (address_of(each->ai_addr, &address)) {
            fail = keep(transfer, &address);
        }
    }
    freeaddrinfo(all);
    if (fail == FAIL_NONE && transfer->address_count == 0) {
        TELL(transfer, "the host %s has no address", transfer->url.host);
        return FAIL_NOT_FOUND;
    }
    return fail;
}

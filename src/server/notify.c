/* One datagram a message. The variables are read each time: they are few, and
 * a program that is started by hand has none of them. */
#include "server/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"

enum { US_PER_MS = 1000 };

/* "/run/systemd/notify", or "@name" for a name outside the file system, which
 * is written with a zero byte in front and has no end but its length. */
static enum fail address_of(const char *name, struct sockaddr_un *address, socklen_t *length)
{
    size_t size = strlen(name);

    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if ((name[0] != '/' && name[0] != '@') || size < 2 || size >= sizeof(address->sun_path)) {
        return FAIL_INVALID;
    }
    memcpy(address->sun_path, name, size);
    if (name[0] == '@') {
        address->sun_path[0] = '\0';
    }
    *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    return FAIL_NONE;
}

enum fail notify_send(const char *state)
{
    const char *name = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address;
    socklen_t length;
    ssize_t sent;
    enum fail fail;
    int file;

    if (name == NULL || name[0] == '\0') {
        return FAIL_NOT_FOUND;
    }
    fail = address_of(name, &address, &length);
    if (fail != FAIL_NONE) {
        return fail;
    }
    file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (file < 0) {
        return FAIL_LIMIT;
    }
    sent = sendto(file, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
                  (const struct sockaddr *)&address, length);
    (void)close(file);
    return sent == (ssize_t)strlen(state) ? FAIL_NONE : FAIL_CLOSED;
}

/* The number in an environment variable; false where there is none. */
static bool number_of(const char *name, uint64_t *out)
{
    const char *text = getenv(name);

    return text != NULL && slice_to_unsigned(slice_of(text), INT64_MAX, out) == FAIL_NONE;
}

int64_t notify_watchdog_ms(void)
{
    uint64_t interval_us;
    uint64_t process;

    if (!number_of("WATCHDOG_USEC", &interval_us)) {
        return 0;
    }
    /* Inherited from a process that was meant. */
    if (getenv("WATCHDOG_PID") != NULL &&
        (!number_of("WATCHDOG_PID", &process) || process != (uint64_t)getpid())) {
        return 0;
    }
    return (int64_t)(interval_us / US_PER_MS);
}

/* Reads byte by byte and past stdio, which would keep a copy of the secret. */
#include "cli/password_input.h"

#include <errno.h>
#include <unistd.h>

#include "base/secret.h"

/* 1: a byte, 0: the end, -1: failure. */
static int next_byte(char *byte)
{
    ssize_t got;

    do {
        got = read(STDIN_FILENO, byte, 1);
    } while (got < 0 && errno == EINTR);
    return (int)got;
}

const char *password_input(char out[PASSWORD_INPUT_SIZE])
{
    size_t length = 0;

    for (;;) {
        char byte;
        int got = next_byte(&byte);

        if (got < 0) {
            return "the password could not be read from standard input";
        }
        if (got == 0 || byte == '\n') {
            break;
        }
        if (byte == '\0' || length == ACCOUNT_PASSWORD_MAX) {
            secret_wipe(out, PASSWORD_INPUT_SIZE);
            return "the password on standard input has more than 256 bytes, or a zero byte";
        }
        out[length++] = byte;
    }
    /* A line that was written on Windows. */
    if (length > 0 && out[length - 1] == '\r') {
        length--;
    }
    out[length] = '\0';
    return length == 0 ? "there is no password on standard input" : NULL;
}

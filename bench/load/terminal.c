/* Terminals that do at once what is asked of them: show the amount, present a
 * card.
 *
 * They keep nothing, unlike a real one: what is measured is the server. */
#include "load/load.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A frame whose mask is zero, so that masking changes nothing (RFC 6455 5.2, 5.3). */
static void terminal_say(struct terminal *terminal, int opcode, const char *text, size_t length)
{
    char frame[512];
    size_t head = length < 126 ? 2 : 4;

    if (length + 8 > sizeof(frame)) {
        die("a message is too long");
    }
    frame[0] = (char)(0x80 | opcode);
    frame[1] = (char)(0x80 | (length < 126 ? (int)length : 126));
    frame[2] = (char)(length >> 8);
    frame[3] = (char)(length & 0xff);
    memset(frame + head, 0, 4);
    memcpy(frame + head + 4, text, length);
    link_send(&terminal->link, frame, head + 4 + length);
}

__attribute__((format(printf, 2, 3))) static void terminal_tell(struct terminal *terminal,
                                                                const char *format, ...)
{
    char text[480];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    terminal_say(terminal, 1, text, (size_t)length);
}

void terminal_join(struct terminal *terminal)
{
    static const char UPGRADE[] =
        "GET /device/v1 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: "
        "websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    link_open(&terminal->link);
    link_send(&terminal->link, UPGRADE, sizeof(UPGRADE) - 1);
}

static bool is_type(const char *message, const char *type)
{
    static const char BEGIN[] = "{\"type\":\"";
    size_t length = strlen(type);

    return strncmp(message, BEGIN, sizeof(BEGIN) - 1) == 0 &&
           strncmp(message + sizeof(BEGIN) - 1, type, length) == 0 &&
           message[sizeof(BEGIN) - 1 + length] == '"';
}

static long long payment_of(const char *message)
{
    const char *at = strstr(message, "\"payment\":");

    if (at == NULL) {
        die("a message without a payment: %s", message);
    }
    return strtoll(at + strlen("\"payment\":"), NULL, 10);
}

static void terminal_pay(struct terminal *terminal, const char *message)
{
    if (terminal->till == NULL) {
        die("a message about no sale: %s", message);
    }
    if (is_type(message, "offer")) {
        sale_on_screen(terminal->till);
        terminal_tell(terminal, "{\"type\":\"displayed\",\"payment\":%lld}", payment_of(message));
    } else if (is_type(message, "go")) {
        terminal_tell(terminal,
                      "{\"type\":\"attempt\",\"payment\":%lld,\"attempt\":1,\"entry\":\"tap\","
                      "\"brand\":\"visa\",\"card\":\"credit\",\"firstSix\":\"412493\","
                      "\"lastFour\":\"9990\",\"cardHolderName\":\"ADA LOVELACE\","
                      "\"reference\":\"%s\"}",
                      payment_of(message), terminal->reference);
    } else if (is_type(message, "payment_ended") && strstr(message, "\"approved\"") != NULL) {
        sale_on_end(terminal->till);
    } else if (!is_type(message, "outcome")) {
        die("a terminal was told: %s", message);
    }
}

static void terminal_hear(struct terminal *terminal, const char *message)
{
    if (is_type(message, "welcome")) {
        terminal_tell(terminal, "{\"type\":\"ready\"}");
    } else if (is_type(message, "ready_confirmed")) {
        sale_on_ready(terminal);
    } else {
        terminal_pay(terminal, message);
    }
}

/* One frame; false: there is more to come. */
static bool terminal_frame(struct terminal *terminal)
{
    const unsigned char *bytes = (const unsigned char *)terminal->link.bytes;
    size_t held = terminal->link.held;
    size_t length = held >= 2 ? bytes[1] : 0;
    size_t head = length == 126 ? 4 : 2;
    char message[LINK_BYTES + 1];

    if (held < head) {
        return false;
    }
    if (length == 126) {
        length = (size_t)bytes[2] << 8 | bytes[3];
    }
    if (length + head > LINK_BYTES) {
        die("a frame is too long");
    }
    if (held < head + length) {
        return false;
    }
    memcpy(message, bytes + head, length);
    message[length] = '\0';
    switch (bytes[0]) {
    case 0x81:
        link_drop(&terminal->link, head + length);
        terminal_hear(terminal, message);
        return true;
    case 0x89:
        link_drop(&terminal->link, head + length);
        terminal_say(terminal, 10, message, length);
        return true;
    default:
        die("a terminal got a frame of kind %#x: %s", bytes[0], message + 2);
    }
}

void terminal_read(struct terminal *terminal)
{
    if (!terminal->upgraded) {
        if (!link_take_head(&terminal->link, "HTTP/1.1 101 ")) {
            return;
        }
        terminal->upgraded = true;
        terminal_tell(terminal,
                      "{\"type\":\"hello\",\"protocol\":1,\"serial\":\"%s\",\"version\":\"bench\","
                      "\"credential\":\"%s\"}",
                      terminal->serial, terminal->credential);
    }
    while (terminal_frame(terminal)) {
    }
}

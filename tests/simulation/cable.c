#include "simulation/cable.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "device/session.h"
#include "net/line.h"
#include "simulation/server.h"
#include "simulation/terminal.h"
#include "wire/websocket.h"

enum {
    SILENCE_MS = 35000, /* a heartbeat, and what it waits for */
    CLOSING_MS = 40,
};

enum packet_kind { PACKET_OPEN, PACKET_TEXT, PACKET_CLOSE };

struct cable {
    struct list_link link; /* world->cables */
    struct world *world;
    unsigned number;
    unsigned loop;
    struct line line;
    const struct cable_events *events;
    struct terminal *terminal; /* NULL: that end is closed */
    struct session *session;   /* NULL: this end is closed, or not open yet */
    bool server_closing;
    unsigned server_code;
    bool is_cut;
    int64_t to_server_ms; /* when the last packet arrives */
    int64_t to_terminal_ms;
    int64_t stalled_until_ms;
    struct moment server_end;
    struct moment terminal_end;
    unsigned terminal_code;
};

struct packet {
    struct moment moment;
    struct cable *cable;
    bool to_server;
    enum packet_kind kind;
    unsigned code; /* of PACKET_CLOSE */
    size_t length;
    char text[];
};

/* --- Ends -------------------------------------------------------------------- */

static void run_server_end(struct moment *moment)
{
    struct cable *cable = LIST_ITEM(moment, struct cable, server_end);
    struct session *session = cable->session;

    if (session != NULL) {
        cable->session = NULL;
        cable->server_closing = true;
        session_events.on_end(session, cable->server_code);
    }
}

static void run_terminal_end(struct moment *moment)
{
    struct cable *cable = LIST_ITEM(moment, struct cable, terminal_end);
    struct terminal *terminal = cable->terminal;

    if (terminal != NULL) {
        cable->terminal = NULL;
        cable->events->on_end(terminal, cable->terminal_code);
    }
}

/* The earliest end is the one that counts. */
static void end_at_server(struct cable *cable, int64_t delay_ms, unsigned code)
{
    if (!moment_is_set(&cable->server_end) ||
        cable->server_end.at_ms > cable->world->now_ms + delay_ms) {
        cable->server_code = code;
        world_later(cable->world, &cable->server_end, delay_ms, run_server_end);
    }
}

static void end_at_terminal(struct cable *cable, int64_t delay_ms, unsigned code)
{
    if (!moment_is_set(&cable->terminal_end) ||
        cable->terminal_end.at_ms > cable->world->now_ms + delay_ms) {
        cable->terminal_code = code;
        world_later(cable->world, &cable->terminal_end, delay_ms, run_terminal_end);
    }
}

/* --- Packets -------------------------------------------------------------------- */

static const struct line_kind cable_line_kind;

static void post(struct cable *cable, bool to_server, enum packet_kind kind, struct slice text);

static void open_at_server(struct cable *cable)
{
    struct world *world = cable->world;

    if (!server_is_up(world) ||
        (cable->terminal != NULL && cable->terminal->dark_until_ms > world->now_ms)) {
        end_at_terminal(cable, world_way_ms(world), WEBSOCKET_CLOSE_ABNORMAL);
        return;
    }
    cable->session = session_new(server_hub(world, cable->loop));
    assert(cable->session != NULL);
    cable->session->line = &cable->line;
    post(cable, false, PACKET_OPEN, slice_of(""));
}

static void arrive_at_server(struct cable *cable, const struct packet *packet)
{
    if (packet->kind == PACKET_OPEN) {
        open_at_server(cable);
    } else if (cable->session == NULL || cable->server_closing) {
        return;
    } else if (packet->kind == PACKET_TEXT) {
        session_events.on_message(cable->session, (struct slice){packet->text, packet->length});
    } else {
        cable->server_closing = true;
        end_at_server(cable, 0, packet->code);
    }
}

static void arrive_at_terminal(struct cable *cable, const struct packet *packet)
{
    if (cable->terminal == NULL) {
        return;
    }
    switch (packet->kind) {
    case PACKET_OPEN:
        cable->events->on_open(cable->terminal);
        break;
    case PACKET_TEXT:
        cable->events->on_message(cable->terminal, (struct slice){packet->text, packet->length});
        break;
    case PACKET_CLOSE:
        end_at_terminal(cable, 0, packet->code);
        break;
    }
}

static void arrive(struct moment *moment)
{
    struct packet *packet = LIST_ITEM(moment, struct packet, moment);
    struct cable *cable = packet->cable;
    struct world *world = cable->world;

    if (cable->stalled_until_ms > world->now_ms && !cable->is_cut) {
        agenda_put(&world->agenda, moment, cable->stalled_until_ms, arrive);
        return;
    }
    if (!cable->is_cut && packet->to_server) {
        arrive_at_server(cable, packet);
    } else if (!cable->is_cut) {
        arrive_at_terminal(cable, packet);
    }
    free(packet);
}

static struct packet *packet_new(struct cable *cable, bool to_server, enum packet_kind kind,
                                 struct slice text)
{
    struct packet *packet = calloc(1, sizeof(*packet) + text.length + 1);

    assert(packet != NULL);
    packet->cable = cable;
    packet->to_server = to_server;
    packet->kind = kind;
    packet->length = text.length;
    if (text.length > 0) {
        memcpy(packet->text, text.bytes, text.length);
    }
    return packet;
}

static void send(struct packet *packet)
{
    struct cable *cable = packet->cable;
    struct world *world = cable->world;
    int64_t *last_ms = packet->to_server ? &cable->to_server_ms : &cable->to_terminal_ms;
    int64_t at_ms = world->now_ms + world_way_ms(world);

    *last_ms = at_ms > *last_ms ? at_ms : *last_ms;
    agenda_put(&world->agenda, &packet->moment, *last_ms, arrive);
}

static void post(struct cable *cable, bool to_server, enum packet_kind kind, struct slice text)
{
    send(packet_new(cable, to_server, kind, text));
}

static void post_close(struct cable *cable, bool to_server, unsigned code)
{
    struct packet *packet = packet_new(cable, to_server, PACKET_CLOSE, slice_of(""));

    packet->code = code;
    send(packet);
}

/* --- The server's end: a line ------------------------------------------------------ */

static struct cable *cable_of(struct line *line)
{
    return LIST_ITEM(line, struct cable, line);
}

static void line_is_sent(struct line *line, struct slice text)
{
    struct cable *cable = cable_of(line);

    if (!cable->server_closing && !server_is_silent(cable->world)) {
        world_note(cable->world, "cable %u: server says %.*s", cable->number,
                   (int)(text.length < 150 ? text.length : 150), text.bytes);
        post(cable, false, PACKET_TEXT, text);
    }
}

static void line_is_closed(struct line *line, unsigned code, const char *reason)
{
    struct cable *cable = cable_of(line);

    (void)reason;
    if (cable->server_closing) {
        return;
    }
    cable->server_closing = true;
    if (!server_is_silent(cable->world)) {
        world_note(cable->world, "cable %u: server closes, %u", cable->number, code);
        post_close(cable, false, code);
    }
    end_at_server(cable, world_between(cable->world, 1, CLOSING_MS), code);
}

static void line_is_cut(struct line *line)
{
    struct cable *cable = cable_of(line);

    if (!cable->server_closing) {
        world_note(cable->world, "cable %u: server cuts it", cable->number);
        cable->server_closing = true;
        end_at_server(cable, 0, WEBSOCKET_CLOSE_ABNORMAL);
        if (!server_is_silent(cable->world)) {
            post_close(cable, false, WEBSOCKET_CLOSE_ABNORMAL);
        }
    }
}

static void line_is_probed(struct line *line, int64_t answer_ms)
{
    struct cable *cable = cable_of(line);

    if (cable->terminal == NULL || cable->stalled_until_ms > cable->world->now_ms + answer_ms) {
        end_at_server(cable, answer_ms, WEBSOCKET_CLOSE_ABNORMAL);
    }
}

static void line_is_enrolled(struct line *line)
{
    (void)line;
}

static struct address line_has_address(const struct line *line)
{
    (void)line;
    return (struct address){0};
}

static const struct line_kind cable_line_kind = {.send = line_is_sent,
                                                 .close = line_is_closed,
                                                 .cut = line_is_cut,
                                                 .probe = line_is_probed,
                                                 .enrol = line_is_enrolled,
                                                 .address = line_has_address};

void cable_server_ends(struct world *world, bool silently)
{
    struct list_link *link;

    for (link = list_first(&world->cables); link != NULL; link = list_next(&world->cables, link)) {
        struct cable *cable = LIST_ITEM(link, struct cable, link);

        if (cable->session == NULL) {
            continue;
        }
        agenda_take(&world->agenda, &cable->server_end);
        if (cable->terminal != NULL) {
            end_at_terminal(cable, silently ? SILENCE_MS : world_between(world, 20, 400),
                            WEBSOCKET_CLOSE_ABNORMAL);
        }
        cable->server_code = WEBSOCKET_CLOSE_ABNORMAL;
        run_server_end(&cable->server_end);
    }
}

/* --- The terminal's end --------------------------------------------------------------- */

struct cable *cable_dial(struct world *world, struct terminal *terminal,
                         const struct cable_events *events)
{
    struct cable *cable = calloc(1, sizeof(*cable));

    assert(cable != NULL);
    cable->world = world;
    cable->number = ++world->cable_count;
    cable->loop = chance_below(&world->chance, WORLD_LOOPS);
    cable->line.kind = &cable_line_kind;
    cable->terminal = terminal;
    cable->events = events;
    list_push_back(&world->cables, &cable->link);
    post(cable, true, PACKET_OPEN, slice_of(""));
    return cable;
}

void cable_say(struct cable *cable, struct slice text)
{
    world_note(cable->world, "cable %u: terminal says %.*s", cable->number,
               (int)(text.length < 150 ? text.length : 150), text.bytes);
    post(cable, true, PACKET_TEXT, text);
}

void cable_hang_up(struct cable *cable, unsigned code)
{
    post_close(cable, true, code);
    end_at_terminal(cable, world_between(cable->world, 1, CLOSING_MS), code);
}

void cable_drop(struct cable *cable)
{
    agenda_take(&cable->world->agenda, &cable->terminal_end);
    cable->terminal = NULL;
    if (!cable->is_cut) {
        end_at_server(cable,
                      world_percent(cable->world, 50) ? SILENCE_MS : world_way_ms(cable->world),
                      WEBSOCKET_CLOSE_ABNORMAL);
    }
}

void cable_cut(struct cable *cable)
{
    world_note(cable->world, "cable %u is cut", cable->number);
    cable->is_cut = true;
    end_at_server(cable, world_way_ms(cable->world), WEBSOCKET_CLOSE_ABNORMAL);
    end_at_terminal(cable, world_way_ms(cable->world), WEBSOCKET_CLOSE_ABNORMAL);
}

void cable_stall(struct cable *cable, int64_t delay_ms)
{
    world_note(cable->world, "cable %u is silent for %lld ms", cable->number, (long long)delay_ms);
    cable->stalled_until_ms = cable->world->now_ms + delay_ms;
    if (delay_ms > SILENCE_MS) {
        int64_t early_ms = world_between(cable->world, 0, 20000);

        end_at_server(cable, SILENCE_MS - early_ms, WEBSOCKET_CLOSE_ABNORMAL);
        end_at_terminal(cable, SILENCE_MS - world_between(cable->world, 0, 20000),
                        WEBSOCKET_CLOSE_ABNORMAL);
    }
}

unsigned cable_number(const struct cable *cable)
{
    return cable->number;
}

void cable_calm(struct world *world)
{
    struct list_link *link;

    for (link = list_first(&world->cables); link != NULL; link = list_next(&world->cables, link)) {
        LIST_ITEM(link, struct cable, link)->stalled_until_ms = 0;
    }
}

void cable_free_all(struct world *world)
{
    struct list_link *link;

    while ((link = list_pop_front(&world->cables)) != NULL) {
        struct cable *cable = LIST_ITEM(link, struct cable, link);

        assert(cable->session == NULL);
        agenda_take(&world->agenda, &cable->server_end);
        agenda_take(&world->agenda, &cable->terminal_end);
        free(cable);
    }
}

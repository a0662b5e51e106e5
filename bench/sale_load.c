/* Sells: tills that post purchases, and terminals that answer at once, all in
 * one thread, for bench/purchase.mjs.
 *
 * Either each till sells again as soon as its sale is over, or sales begin at
 * fixed moments whatever became of those before (a rate): then times are counted
 * from the moment at which a sale was due, so that a server that stalls is not
 * excused by load that waits for it.
 *
 * It speaks HTTP and WebSocket by hand and uses nothing of Tillwire's own code,
 * for what is measured must not measure itself. Anything that it does not
 * expect ends it: a bench with errors has no result. */
#include "load/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIMES_MAX = 1 << 20, JOINING_MAX = 64, JOIN_S = 300, DRAIN_S = 10 };

struct times {
    uint32_t us[TIMES_MAX];
    size_t count;
};

static struct {
    const char *token;
    int server; /* its process id */
    struct terminal *terminals;
    size_t terminal_count;
    size_t joined;
    struct terminal *free_terminals[TERMINALS_MAX]; /* a ring: each in its turn */
    size_t free_first;
    size_t free_count;
    struct till tills[TILLS_MAX];
    struct till *free_tills[TILLS_MAX];
    size_t free_till_count;
    double rate;
    bool selling;
    bool measuring;
    int64_t next_ns; /* when the next sale is due */
    unsigned long long sale;
    size_t under_way;
    size_t sold; /* while measuring */
} load;
static struct times to_screen;
static struct times to_answer;
static struct times to_end;

static void time_note(struct times *times, const struct till *till)
{
    if (till->counts && times->count < TIMES_MAX) {
        times->us[times->count++] = (uint32_t)((now_ns() - till->due_ns) / NS_PER_US);
    }
}

/* --- A sale ------------------------------------------------------------------------ */

static void till_sell(struct till *till, int64_t due_ns)
{
    struct terminal *terminal = load.free_terminals[load.free_first];
    char body[128];
    char text[768];
    int length;

    load.free_first = (load.free_first + 1) % TERMINALS_MAX;
    load.free_count--;
    load.under_way++;
    load.sale++;
    terminal->till = till;
    till->terminal = terminal;
    till->due_ns = due_ns;
    till->answered = false;
    till->ended = false;
    till->counts = load.measuring;
    length = snprintf(body, sizeof(body),
                      "{\"currency\":\"CAD\",\"transactionAmount\":12.34,\"invoiceNumber\":"
                      "\"INV%llu\",\"customerCode\":\"CST%s\"}",
                      load.sale, terminal->code);
    length = snprintf(text, sizeof(text),
                      "POST /v2/devices/%s/payment/purchase HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                      "api-token: %s\r\nidempotency-key: a-key-of-a-purchase-%d-%llu\r\n"
                      "content-type: application/json\r\ncontent-length: %d\r\n\r\n%s",
                      terminal->code, load.token, (int)getpid(), load.sale, length, body);
    link_send(&till->link, text, (size_t)length);
}

static bool sale_is_possible(void)
{
    return load.selling && load.free_till_count > 0 && load.free_count > 0;
}

/* Those that are due; of a load without a rate, all that have room. */
static void sell_due(void)
{
    int64_t now = now_ns();

    while (sale_is_possible() && (load.rate <= 0 || load.next_ns <= now)) {
        struct till *till = load.free_tills[--load.free_till_count];

        till_sell(till, load.rate > 0 ? load.next_ns : now);
        if (load.rate > 0) {
            load.next_ns += (int64_t)(NS_PER_S / load.rate);
        }
    }
}

static void till_settle(struct till *till)
{
    if (!till->answered || !till->ended) {
        return;
    }
    time_note(&to_end, till);
    load.sold += load.measuring ? 1 : 0;
    load.under_way--;
    load.free_terminals[(load.free_first + load.free_count++) % TERMINALS_MAX] = till->terminal;
    load.free_tills[load.free_till_count++] = till;
    till->terminal->till = NULL;
    till->terminal = NULL;
}

void till_read(struct till *till)
{
    if (!link_take_head(&till->link, "HTTP/1.1 202 ")) {
        return;
    }
    till->answered = true;
    time_note(&to_answer, till);
    till_settle(till);
}

void sale_on_ready(struct terminal *terminal)
{
    load.joined++;
    load.free_terminals[(load.free_first + load.free_count++) % TERMINALS_MAX] = terminal;
}

void sale_on_screen(struct till *till)
{
    time_note(&to_screen, till);
}

void sale_on_end(struct till *till)
{
    till->ended = true;
    till_settle(till);
}

static void join_all(void)
{
    int64_t limit_ns = now_ns() + (int64_t)JOIN_S * NS_PER_S;
    size_t begun = 0;

    while (load.joined < load.terminal_count) {
        while (begun < load.terminal_count && begun - load.joined < JOINING_MAX) {
            terminal_join(&load.terminals[begun++]);
        }
        links_turn(now_ns() + NS_PER_MS);
        if (now_ns() > limit_ns) {
            die("%zu of %zu terminals are ready", load.joined, load.terminal_count);
        }
    }
}

static void sell_until(int64_t until_ns)
{
    while (now_ns() < until_ns) {
        sell_due();
        links_turn(sale_is_possible() && load.next_ns < until_ns ? load.next_ns : until_ns);
    }
}

/* --- What it came to ------------------------------------------------------------------- */

/* Processor time of the server, in seconds. */
static double server_cpu_s(void)
{
    char name[64];
    char text[1024] = "";
    char *at;
    char *end;
    unsigned long long user;
    FILE *file;

    (void)snprintf(name, sizeof(name), "/proc/%d/stat", load.server);
    file = fopen(name, "re");
    if (file == NULL || fgets(text, sizeof(text), file) == NULL || fclose(file) != 0 ||
        (at = strrchr(text, ')')) == NULL) {
        die("%s cannot be read", name);
    }
    for (int field = 2; field < 14; field++) {
        at = strchr(at + 1, ' ');
    }
    user = strtoull(at, &end, 10);
    return (double)(user + strtoull(end, NULL, 10)) / (double)sysconf(_SC_CLK_TCK);
}

static int compare(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

static void times_print(const char *name, struct times *times)
{
    qsort(times->us, times->count, sizeof(times->us[0]), compare);
    if (times->count == 0) {
        die("nothing was sold");
    }
    (void)printf(",\"%s\":{\"p50\":%u,\"p99\":%u,\"max\":%u}", name, times->us[times->count / 2],
                 times->us[times->count * 99 / 100], times->us[times->count - 1]);
}

static void measure(double seconds)
{
    int64_t began_ns;
    double cpu_s;
    double took_s;

    load.selling = true;
    load.next_ns = now_ns();
    sell_until(now_ns() + (int64_t)(seconds / 4 * NS_PER_S));
    cpu_s = server_cpu_s();
    began_ns = now_ns();
    load.measuring = true;
    sell_until(began_ns + (int64_t)(seconds * NS_PER_S));
    took_s = (double)(now_ns() - began_ns) / NS_PER_S;
    cpu_s = server_cpu_s() - cpu_s;
    load.measuring = false;
    load.selling = false;
    (void)printf("{\"purchasesPerSecond\":%.1f,\"cpuMicroseconds\":%.2f",
                 (double)load.sold / took_s, cpu_s * 1e6 / (double)load.sold);
    for (began_ns = now_ns(); load.under_way > 0; links_turn(now_ns() + NS_PER_MS)) {
        if (now_ns() - began_ns > (int64_t)DRAIN_S * NS_PER_S) {
            die("%zu sales never ended", load.under_way);
        }
    }
    times_print("screenMicroseconds", &to_screen);
    times_print("answerMicroseconds", &to_answer);
    times_print("endMicroseconds", &to_end);
    (void)printf("}\n");
}

/* --- What is asked for -------------------------------------------------------------------- */

/* One line each: code, serial number, credential. */
static void terminals_read(const char *name)
{
    FILE *file = fopen(name, "re");
    struct terminal *terminal;
    size_t i;

    load.terminals = calloc(TERMINALS_MAX, sizeof(*load.terminals));
    if (file == NULL || load.terminals == NULL) {
        die("%s cannot be read", name);
    }
    for (;;) {
        terminal = &load.terminals[load.terminal_count];
        if (load.terminal_count == TERMINALS_MAX ||
            fscanf(file, "%4s %23s %43s", terminal->code, terminal->serial, terminal->credential) !=
                3) {
            break;
        }
        for (i = 0; i < sizeof(terminal->reference) - 1; i++) {
            terminal->reference[i] = (char)('a' + (load.terminal_count >> 2 * i & 15));
        }
        load.terminal_count++;
    }
    (void)fclose(file);
}

static void tills_open(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        load.tills[i].link.is_till = true;
        link_open(&load.tills[i].link);
        load.free_tills[load.free_till_count++] = &load.tills[i];
    }
}

int main(int argc, char **argv)
{
    size_t tills;
    double seconds;

    if (argc != 7 || (load.token = getenv("TILLWIRE_TOKEN")) == NULL) {
        (void)fprintf(stderr, "usage: TILLWIRE_TOKEN=... sale_load PORT SERVER_PID TERMINALS_FILE"
                              " TILLS RATE SECONDS (rate 0: as fast as tills can)\n");
        return 2;
    }
    links_init((unsigned short)strtoul(argv[1], NULL, 10));
    load.server = (int)strtol(argv[2], NULL, 10);
    terminals_read(argv[3]);
    tills = strtoul(argv[4], NULL, 10);
    load.rate = strtod(argv[5], NULL);
    seconds = strtod(argv[6], NULL);
    if (tills < 1 || tills > TILLS_MAX || tills > load.terminal_count || !(seconds > 0)) {
        die("1 to %d tills, at most as many as there are terminals, and some seconds", TILLS_MAX);
    }
    join_all();
    tills_open(tills);
    measure(seconds);
    return 0;
}

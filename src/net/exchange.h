/* What the files of net/serve share: one connection's exchange, and the
 * service of one loop. For serve.c, exchange.c and exchange_answer.c alone. */
#ifndef NET_EXCHANGE_H
#define NET_EXCHANGE_H

#include "net/conn.h"
#include "net/guest.h"
#include "net/http_date.h"
#include "net/serve.h"

enum {
    EXCHANGE_INPUT_MAX = 128 * 1024, /* a full read buffer beside a pipelined head */
    EXCHANGE_OUT_MAX = 64 * 1024,    /* an answer's head, and a short body */
};

enum exchange_state {
    EXCHANGE_IDLE,    /* between requests: nothing of the next one has come */
    EXCHANGE_HEAD,    /* a head has come in part; its time runs from its first byte */
    EXCHANGE_BODY,    /* the head is in `head`, its body is coming */
    EXCHANGE_ASKED,   /* on_request was called, the answer is due */
    EXCHANGE_SENDING, /* the client has not taken all of the answer; nothing is read */
    EXCHANGE_OVER,    /* answered for the last time, or upgraded; the rest is dropped */
};

struct exchange {
    struct conn *conn;   /* NULL once the client has gone */
    struct guest *guest; /* owned; NULL likewise */
    struct serve *serve;
    struct list_link link;
    struct loop_timer timer;
    int64_t body_due_ms; /* when the body would be late, had nothing of it come */
    int64_t deadline_ms; /* the timer runs at or before it, and looks here */
    struct buf input;    /* what has come and was not taken yet */
    struct buf head;     /* of the request whose body is coming */
    struct buf body;
    struct http_body body_reader;
    struct loop_bytes after; /* during on_request: what came behind the request */
    struct address peer;     /* the other side's */
    struct address client;   /* of the request; behind a trusted proxy whom it speaks for */
    uint64_t id;
    struct exchange_note note;
    int64_t asked_ns;    /* the machine's clock when the head was whole; 0: refused before */
    size_t waiting;      /* bytes of the answer that the client had not taken at the last look;
                            a part of serve->waiting */
    size_t extra_length; /* of `extra` */
    char extra[EXCHANGE_HEADERS_SIZE]; /* header lines of the answer to come */
    uint8_t state;                     /* enum exchange_state */
    bool secure;                       /* of the request: it came over TLS */
    bool taking;                       /* exchange_take is running, and goes on after the answer */
    bool keep_alive;                   /* of the request being answered */
    bool head_only;                    /* likewise: HEAD */
    bool finished;                     /* the client sends no more, but may still read */
    bool used;                         /* a request has been answered on this connection */
};

struct serve {
    struct loop *loop;
    struct serve_handler handler;
    struct serve_limits limits;
    struct guests guests;
    struct list exchanges;
    size_t count;
    struct tls_server *tls;              /* borrowed */
    const struct address_range *trusted; /* borrowed */
    size_t trusted_count;
    uint64_t next_id;
    size_t waiting; /* of all answers: what their clients have not taken */
    bool draining;
    struct buf out; /* an answer is put together here */
    struct http_date date;
};

/* Of exchange.c. A new one, of an open connection: `exchange->conn` and all
 * that is not zero are set. */
void exchange_start(struct exchange *exchange);
extern const struct conn_events exchange_events;
/* Frees it, at the end of its connection or after its late answer. */
void exchange_free(struct exchange *exchange);
/* Its answer, or the last rest of it, has been taken: the next request is
 * looked for, or the connection is closed where none may follow. */
void exchange_go_on(struct exchange *exchange);
void exchange_deadline(struct exchange *exchange, int64_t delay_ms);
/* What waits of its answer now: zero when it has been taken. */
void exchange_waits(struct exchange *exchange, size_t bytes);
/* Whether something came behind the request that is being answered. */
bool exchange_has_more(const struct exchange *exchange);
/* Closes it, after what was written. */
void exchange_close(struct exchange *exchange);

/* Of exchange_answer.c: answers a request that was never asked, and closes. */
void exchange_refuse(struct exchange *exchange, int status, const char *text);
/* Gives the request that begins its number. */
void exchange_number(struct exchange *exchange);

#endif

/* A Smart Terminal of the run: the real machines of src/terminal, on a disk that
 * keeps what was synced, with a person of chance in front of it. What it says
 * (its lines) is its journal. */
#ifndef TESTS_SIMULATION_TERMINAL_H
#define TESTS_SIMULATION_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/payment.h"
#include "simulation/cable.h"
#include "simulation/world.h"
#include "terminal/life.h"
#include "wire/terminal_message.h"

enum { TERMINAL_NUMBER_SIZE = 48 };

/* What this terminal has said of a payment, over all its starts. */
struct sale_note {
    int64_t payment;
    int64_t amount_minor;
    char invoice[TERMINAL_INVOICE_MAX + 1];
    bool by_terminal; /* it decides */
    unsigned gos;
    int64_t began_ms;
    int64_t ended_ms; /* forgotten; 0: it still is at it */
    uint32_t attempt; /* the last number said */
    /* By the attempt's number. */
    struct {
        bool result; /* decided here */
        bool result_approved;
        bool shown_approved;
        bool shown_declined;
        int64_t transaction;
    } attempts[PAYMENT_ATTEMPTS_MAX + 2];
    char ended[24]; /* the state that payment_ended said last */
    bool refused;   /* a result of it was */
};

struct terminal_disk {
    struct settings settings;
    struct sale_record sale;
};

struct terminal {
    struct world *world;
    unsigned number;
    struct shop *shop;
    int64_t device;
    char code[TERMINAL_CODE_LENGTH + 1];
    bool on;
    struct life life;
    struct cable *cable; /* NULL: none */
    bool open;
    int64_t dark_until_ms; /* no network there till then */
    bool wants_power_cut;  /* in the middle of what it does now */
    struct terminal_disk disk;
    struct terminal_saver {
        struct moment moment;
        struct terminal *terminal;
        struct settings settings; /* on their way, as they were then */
        struct sale_record sale;
        bool is_sale;
        bool busy;
        bool again;
    } savers[2];
    struct moment wait;
    struct moment step;
    struct moment backstop;
    struct moment power;
    struct moment whim; /* the person does something by themselves */
    /* The offer that is on the screen, for I10. */
    int64_t offered;
    unsigned offered_cable;
    int64_t offered_ms;
    int64_t go;              /* the last one that came in time, on its cable */
    struct sale_note *notes; /* owned */
    size_t note_count;
    size_t note_capacity;
};

/* `serial`, code and credential stand in disk.settings; switched on later. */
struct terminal *terminal_new(struct world *world, struct shop *shop);
void terminal_destroy(struct terminal **terminal);
void terminal_switch_on(struct terminal *terminal);
/* What is on its way to the disk gets there, or not. */
void terminal_lose_power(struct terminal *terminal);
/* Comes back by itself after so long. */
void terminal_return(struct terminal *terminal, int64_t delay_ms);
struct sale_note *terminal_note(struct terminal *terminal, int64_t payment);

#endif

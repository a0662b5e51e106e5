/* The command `tillwire terminal`: one or many Smart Terminals without a
 * screen, from their start until a signal or an end of their own
 * (docs/headless-terminal.md). */
#ifndef TERMINAL_SCRIPT_H
#define TERMINAL_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

enum { SCRIPT_COUNT_MAX = 1000 };

/* What the process ends with. */
enum script_exit {
    SCRIPT_STOPPED = 0,  /* by SIGINT or SIGTERM */
    SCRIPT_BROKEN = 1,   /* out of memory, or standard output is gone */
    SCRIPT_USAGE = 2,    /* the options make no sense, or the CA file cannot be used */
    SCRIPT_LOG_IN = 3,   /* a log-in is needed and none was given, or it was refused */
    SCRIPT_DATA = 4,     /* the data directory cannot be used */
    SCRIPT_REPLACED = 5, /* another connection of this terminal took its place */
};

/* All texts are borrowed during the call. NULL where an option was not given. */
struct script_options {
    const char *server; /* "http://127.0.0.1:8080" */
    const char *email;  /* with password, or neither */
    const char *password;
    const char *pin;            /* not together with email */
    const char *serial;         /* with count > 1 it becomes SERIAL-1, SERIAL-2, ... */
    const char *data_directory; /* NULL: tillwire/terminal in the user's data directory */
    bool continue_;             /* press Continue by itself */
    const char *ca_file;        /* PEM; with an https server */
    const char *server_key;     /* SHA-256 of its public key in base64; with an https server */
    unsigned count;             /* terminals, 1 to SCRIPT_COUNT_MAX */
    bool json;                  /* one JSON object per line, else English */
    /* Who stands in front of the terminals, all of them (person.h). */
    const char *pay;    /* "approve" (also when NULL), "cancel", "ignore", "ask" */
    const char *card;   /* the name of a test card; NULL: "visa" */
    const char *entry;  /* "tap" (also when NULL), "insert", "swipe" */
    unsigned try_again; /* times after a decline, at most PERSON_TRY_AGAIN_MAX */
    uint32_t delay_ms;  /* before each thing that they do, at most PERSON_DELAY_MAX_MS */
};

/* With `pay` "ask" it reads standard input. Prints events to standard output and problems to
 * standard error; returns an enum script_exit. Starts the random numbers (id_start) itself. */
int script_run(const struct script_options *options);

#endif

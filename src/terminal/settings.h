/* The Hardware Settings of a terminal: what it still knows after a power cut,
 * and the JSON text that they are on disk. Pure; memory.h does the disk. */
#ifndef TERMINAL_SETTINGS_H
#define TERMINAL_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/text.h"
#include "wire/terminal_message.h"

enum { SETTINGS_TEXT_MAX = 8192, SETTINGS_PROBLEM_SIZE = 200 };

struct settings {
    char serial[TERMINAL_SERIAL_MAX + 1];            /* for life */
    char credential[TERMINAL_CREDENTIAL_LENGTH + 1]; /* "": none; wipe it */
    char code[TERMINAL_CODE_LENGTH + 1];             /* "": none */
    int64_t business;                                /* 0: not registered */
    char business_name[TERMINAL_NAME_MAX + 1];       /* "": not registered */
    bool continued; /* Continue was pressed since the last log-in */
};

/* Byte by byte of what counts; the bytes after a text's end do not. */
bool settings_equal(const struct settings *a, const struct settings *b);
/* Everything but the serial number, which a terminal has for life. */
void settings_forget(struct settings *settings);

/* Appends the JSON text, a line feed at the end. */
void settings_write(struct buf *out, const struct settings *settings);
/* Reads it back, with a closed schema. FAIL_INVALID when it is damaged,
 * FAIL_VERSION when a newer program wrote it, FAIL_MEMORY; `problem` then holds
 * half a sentence for people, "the field serial is missing". */
MUST_CHECK enum fail settings_read(struct slice text, struct settings *out,
                                   char problem[SETTINGS_PROBLEM_SIZE]);

#endif

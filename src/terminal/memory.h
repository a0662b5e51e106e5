/* The disk of a terminal: terminal.json, who it is, and sale.json, the payment
 * that is open on it, in a directory of its own.
 *
 * A write is durable when it returns: the text goes to a second file, which is
 * synced and then renamed over the first, and the directory is synced. So
 * there is always a whole file, the old one or the new one. A file that cannot
 * be read is never overwritten, because it may hold the only proof of who the
 * terminal is, or of what it has decided. */
#ifndef TERMINAL_MEMORY_H
#define TERMINAL_MEMORY_H

#include <stddef.h>

#include "base/fail.h"
#include "terminal/folder.h"
#include "terminal/sale_record.h"
#include "terminal/settings.h"

enum { MEMORY_PROBLEM_SIZE = FOLDER_PROBLEM_SIZE, MEMORY_PATH_SIZE = FOLDER_PATH_SIZE };

/* Where one terminal keeps its files. */
struct memory {
    char directory[MEMORY_PATH_SIZE];
};

/* `number` 0: the data directory itself; else the folder of that number in it,
 * which is made. Nothing is to be closed later. */
MUST_CHECK enum fail memory_open(struct memory *out, const char *directory, unsigned number,
                                 char problem[MEMORY_PROBLEM_SIZE]);
/* FAIL_NOT_FOUND when nothing was saved yet; FAIL_INVALID when the file is
 * damaged, FAIL_VERSION when it is of a newer program, or what the disk said;
 * then with a sentence in `problem`. */
MUST_CHECK enum fail memory_load(const struct memory *memory, struct settings *out,
                                 char problem[MEMORY_PROBLEM_SIZE]);
/* Blocks until it is durable: not on a loop. After a failure the file is
 * whole, the old one or the new one, and a sentence is in `problem`. */
MUST_CHECK enum fail memory_save(const struct memory *memory, const struct settings *settings,
                                 char problem[MEMORY_PROBLEM_SIZE]);

/* The same two for the payment. Without a file there is none: FAIL_NONE, and a
 * record without a payment. */
MUST_CHECK enum fail memory_load_sale(const struct memory *memory, struct sale_record *out,
                                      char problem[MEMORY_PROBLEM_SIZE]);
MUST_CHECK enum fail memory_save_sale(const struct memory *memory, const struct sale_record *record,
                                      char problem[MEMORY_PROBLEM_SIZE]);

#endif

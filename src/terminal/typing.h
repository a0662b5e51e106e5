/* What a person types on standard input (--pay ask), line by line, brought to a
 * loop. A thread of its own reads it, because standard input may be anything,
 * also a file, which no loop can wait for. */
#ifndef TERMINAL_TYPING_H
#define TERMINAL_TYPING_H

#include "base/fail.h"
#include "base/task.h"
#include "base/text.h"

enum { TYPING_LINE_MAX = 128 }; /* bytes; what is longer is cut */

struct typing;

/* `on_line` runs on `home`, with a line without its end; borrowed. After the
 * end of the input nothing more happens. */
MUST_CHECK enum fail typing_start(struct typing **out, struct executor *home, int file,
                                  void (*on_line)(void *context, struct slice line), void *context);
/* On `home`'s thread. What was read and not told may still stand in its list of
 * tasks: run that list (`run_posted`) before the memory goes. Accepts NULL; sets
 * the pointer NULL. */
void typing_finish(struct typing **typing, void (*run_posted)(void *context), void *context);

#endif

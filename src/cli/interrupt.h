/* Ctrl-C of a command that must not simply die: the first asks it to come to
 * an end, the second ends it at once. SIGTERM is the same. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

/* `first` and `second` are whole lines for standard error, with their line
 * feeds; static. After the second the process ends with `code`. */
void interrupt_start(const char *first, const char *second, int code);
bool interrupt_happened(void);
/* Waits; returns early when an interrupt comes that nobody has asked about yet. */
void interrupt_wait(int64_t wait_ms);

#endif

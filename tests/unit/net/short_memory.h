/* unit/wire/failing_memory.h, made fit for the thread sanitizer: its runtime
 * allocates before it is ready for instrumented code, and these functions
 * stand in its way. Declared first without instrumentation, they are compiled
 * without it.
 *
 * To be included once, by the test's only source. */
#ifndef TESTS_SHORT_MEMORY_H
#define TESTS_SHORT_MEMORY_H

#include <stdlib.h>

__attribute__((no_sanitize_thread)) void *malloc(size_t size);
__attribute__((no_sanitize_thread)) void *calloc(size_t count, size_t size);
__attribute__((no_sanitize_thread)) void *realloc(void *old, size_t size);
__attribute__((no_sanitize_thread)) static int failing_memory_refuses(void);
__attribute__((no_sanitize_thread)) static void failing_memory_real(const char *name,
                                                                    void *function);

#include "unit/wire/failing_memory.h"

#endif

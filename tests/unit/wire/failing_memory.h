/* An allocator that fails when a test says so: malloc, calloc and realloc of
 * the whole executable go through here and on to the real ones.
 *
 * The runtime of a sanitizer allocates before it is ready for instrumented
 * code, and these functions stand in its way: declared first without
 * instrumentation, they are compiled without it.
 *
 * To be included once, by the test's only source. */
#ifndef TESTS_FAILING_MEMORY_H
#define TESTS_FAILING_MEMORY_H

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define PLAIN __attribute__((no_sanitize_thread, no_sanitize_address, no_sanitize_undefined))
PLAIN void *malloc(size_t size);
PLAIN void *calloc(size_t count, size_t size);
PLAIN void *realloc(void *old, size_t size);
PLAIN static int failing_memory_refuses(void);
PLAIN static void failing_memory_real(const char *name, void *function);
#undef PLAIN

/* While armed: allocations that still succeed, and how many were asked for. */
static int failing_memory_armed;
static size_t failing_memory_left;
static size_t failing_memory_asked;

static inline void failing_memory_start(size_t successes)
{
    failing_memory_left = successes;
    failing_memory_asked = 0;
    failing_memory_armed = 1;
}

static inline void failing_memory_stop(void)
{
    failing_memory_armed = 0;
}

static int failing_memory_refuses(void)
{
    if (!failing_memory_armed) {
        return 0;
    }
    failing_memory_asked++;
    if (failing_memory_left == 0) {
        errno = ENOMEM;
        return 1;
    }
    failing_memory_left--;
    return 0;
}

/* The next definition of `name`: the C library's, or the sanitizer's. */
static void failing_memory_real(const char *name, void *function)
{
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(function, &found, sizeof(found));
}

void *malloc(size_t size)
{
    static void *(*real)(size_t);

    if (real == NULL) {
        failing_memory_real("malloc", &real);
    }
    return failing_memory_refuses() ? NULL : real(size);
}

void *calloc(size_t count, size_t size)
{
    static void *(*real)(size_t, size_t);

    if (real == NULL) {
        failing_memory_real("calloc", &real);
    }
    return failing_memory_refuses() ? NULL : real(count, size);
}

void *realloc(void *old, size_t size)
{
    static void *(*real)(void *, size_t);

    if (real == NULL) {
        failing_memory_real("realloc", &real);
    }
    return failing_memory_refuses() ? NULL : real(old, size);
}

#endif

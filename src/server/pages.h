/* The files of web/, embedded in the program by scripts/embed-pages. */
#ifndef SERVER_PAGES_H
#define SERVER_PAGES_H

#include <stddef.h>

struct page {
    const char *path; /* below web/: "/terminal/app.js" */
    const unsigned char *bytes;
    size_t length;
};

/* In the order of their paths. */
extern const struct page pages[];
extern const size_t pages_count;

#endif

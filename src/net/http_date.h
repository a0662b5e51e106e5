/* The Date header, made once a second (RFC 9110, 5.6.7). */
#ifndef NET_HTTP_DATE_H
#define NET_HTTP_DATE_H

#include <stdint.h>

enum { HTTP_DATE_SIZE = 30 };

struct http_date {
    int64_t second; /* of `text`; 0: none yet */
    char text[HTTP_DATE_SIZE];
};

/* "Sun, 06 Nov 1994 08:49:37 GMT"; borrowed until the next call. */
const char *http_date_now(struct http_date *date);

#endif

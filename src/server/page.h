/* The pages that are embedded in the program. */
#ifndef SERVER_PAGE_H
#define SERVER_PAGE_H

#include <stdbool.h>

#include "net/serve.h"
#include "wire/http.h"

/* Once at start: works out the pages' entity tags. */
void page_start(void);
/* False, and nothing was answered, when there is no such page. */
bool page_serve(struct exchange *exchange, const struct http_head *head);

#endif

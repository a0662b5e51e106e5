/* Dates for HTTP answers. */
#include "net/http_date.h"

#include <time.h>

#include "base/clock.h"
#include "base/text.h"

enum { MS_PER_SECOND = 1000 };

const char *http_date_now(struct http_date *date)
{
    int64_t second = clock_wall_ms() / MS_PER_SECOND;
    time_t time = (time_t)second;
    struct tm parts;

    if (second == date->second) {
        return date->text;
    }
    if (gmtime_r(&time, &parts) == NULL ||
        strftime(date->text, sizeof(date->text), "%a, %d %b %Y %H:%M:%S GMT", &parts) == 0) {
        (void)text_format(date->text, sizeof(date->text), "Thu, 01 Jan 1970 00:00:00 GMT");
    }
    date->second = second;
    return date->text;
}

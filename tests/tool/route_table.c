/* The whole HTTP surface as the program knows it, printed as JSON, for the
 * tests that try every route. */
#include <stdio.h>

#include "core/permission.h"
#include "server/routes.h"
#include "wire/json_write.h"

enum { TABLE_MAX = 256 * 1024 };

/* A kind that has no name here is one that the tests do not know either. */
static const char *const KINDS[] = {
    [ROUTE_API] = "api",           [ROUTE_TERMINAL] = "terminal", [ROUTE_REDIRECT] = "redirect",
    [ROUTE_HEALTH] = "operations", [ROUTE_READY] = "operations",  [ROUTE_METRICS] = "operations",
};

static const char *kind_name(enum route_kind kind)
{
    size_t number = (size_t)kind;
    bool known = number < sizeof(KINDS) / sizeof(KINDS[0]) && KINDS[number] != NULL;

    return known ? KINDS[number] : "?";
}

static void needs_write(struct buf *out, const struct api_route *api)
{
    json_open_object(out, "needs");
    json_add_text(out, "general", permission_access_name(api->needs.general));
    json_add_text(out, "settings", permission_access_name(api->needs.settings));
    json_add_text(out, "processing", permission_processing_name(api->needs.processing));
    json_close_object(out);
    json_add_text(out, "errors", api->errors == REPLY_ERRORS_ARRAY ? "array" : "string");
}

int main(void)
{
    struct buf out;
    size_t i;
    int code = 1;

    buf_init(&out, TABLE_MAX);
    json_open_array(&out, NULL);
    for (i = 0; i < routes_count; i++) {
        json_open_object(&out, NULL);
        json_add_text(&out, "method", http_method_name(routes[i].method));
        json_add_text(&out, "path", routes[i].path);
        json_add_text(&out, "kind", kind_name(routes[i].kind));
        if (routes[i].api != NULL) {
            needs_write(&out, routes[i].api);
        }
        json_add_text(&out, "target", routes[i].target);
        json_close_object(&out);
    }
    json_close_array(&out);
    if (buf_fail(&out) == FAIL_NONE) {
        (void)fwrite(out.bytes, 1, out.length, stdout);
        code = 0;
    }
    buf_finish(&out);
    return code;
}

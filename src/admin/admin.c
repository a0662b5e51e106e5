/* From the words of a request to its verb. */
#include "admin/admin.h"

#include "admin/call.h"

struct noun {
    const char *name;
    admin_verb *(*find)(struct slice verb);
};

static const struct noun NOUNS[] = {
    {"business", business_verb},
    {"user", user_verb},
    {"token", token_verb},
    {"device", device_verb},
};

bool admin_run(const struct admin *admin, const struct admin_request *request,
               const struct admin_sink *sink, char problem[ADMIN_PROBLEM_SIZE])
{
    struct admin_call call = {.admin = admin, .request = request, .sink = sink, .problem = problem};
    size_t i;

    for (i = 0; i < sizeof(NOUNS) / sizeof(NOUNS[0]); i++) {
        admin_verb *run;

        if (!slice_is(request->noun, NOUNS[i].name)) {
            continue;
        }
        run = NOUNS[i].find(request->verb);
        if (run != NULL) {
            return run(&call);
        }
        return admin_refuse(&call, "a %s has no such verb; there are add, list, show, set, remove",
                            NOUNS[i].name);
    }
    return admin_refuse(&call, "there are business, user, token and device");
}

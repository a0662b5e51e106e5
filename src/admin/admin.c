/* From the words of a request to its verb. */
#include "admin/admin.h"

#include "admin/call.h"

static const struct {
    const char *name;
    const struct admin_verbs *verbs;
} NOUNS[] = {
    {"business", &business_verbs},
    {"user", &user_verbs},
    {"token", &token_verbs},
    {"device", &device_verbs},
};

static bool verb_run(struct admin_call *call, const struct admin_verbs *verbs, const char *noun)
{
    struct slice verb = call->request->verb;

    if (slice_is(verb, "add")) {
        return verbs->add(call);
    }
    if (slice_is(verb, "list")) {
        return verbs->list(call);
    }
    if (slice_is(verb, "show")) {
        return verbs->show(call);
    }
    if (slice_is(verb, "set")) {
        return verbs->set(call);
    }
    if (slice_is(verb, "remove")) {
        return verbs->remove(call);
    }
    return admin_refuse(call, "a %s has no such verb; there are add, list, show, set, remove",
                        noun);
}

bool admin_run(const struct admin *admin, const struct admin_request *request,
               const struct admin_sink *sink, char problem[ADMIN_PROBLEM_SIZE])
{
    struct admin_call call = {.admin = admin, .request = request, .sink = sink, .problem = problem};
    size_t i;

    for (i = 0; i < sizeof(NOUNS) / sizeof(NOUNS[0]); i++) {
        if (slice_is(request->noun, NOUNS[i].name)) {
            return verb_run(&call, NOUNS[i].verbs, NOUNS[i].name);
        }
    }
    return admin_refuse(&call, "there are business, user, token and device");
}

/* From the words of a request to its verb. */
#include "admin/admin.h"

#include "admin/call.h"
#include "base/buf.h"

static const struct admin_noun *const NOUNS[] = {
    &business_noun, &user_noun,    &token_noun, &device_noun,
    &payment_noun,  &webhook_noun, &audit_noun, &data_noun,
};
enum { NOUN_COUNT = sizeof(NOUNS) / sizeof(NOUNS[0]), WORD_SIZE = 32, LIST_MAX = 256 };

/* "there are add, list and show; did you mean 'list'?" */
static bool refuse_word(struct admin_call *call, const char *what, struct slice word,
                        const char *const *names, size_t count)
{
    char text[WORD_SIZE] = "";
    const char *nearest = NULL;
    struct buf list;
    size_t i;

    buf_init(&list, LIST_MAX);
    for (i = 0; i < count; i++) {
        buf_format(&list, "%s%s", i == 0 ? "" : i + 1 == count ? " and " : ", ", names[i]);
    }
    if (slice_copy(word, text, sizeof(text)) == FAIL_NONE) {
        nearest = text_nearest(text, names, count);
    }
    (void)admin_refuse(call, "%s; there %s %.*s%s%s%s", what, count == 1 ? "is" : "are",
                       (int)buf_view(&list).length, list.bytes == NULL ? "" : list.bytes,
                       nearest == NULL ? "" : "; did you mean '", nearest == NULL ? "" : nearest,
                       nearest == NULL ? "" : "'?");
    buf_finish(&list);
    return false;
}

static bool verb_run(struct admin_call *call, const struct admin_noun *noun)
{
    const char *names[ADMIN_VERBS_MAX];
    char what[WORD_SIZE * 2];
    size_t count = 0;

    while (count < ADMIN_VERBS_MAX && noun->verbs[count].name != NULL) {
        if (slice_is(call->request->verb, noun->verbs[count].name)) {
            return noun->verbs[count].run(call);
        }
        names[count] = noun->verbs[count].name;
        count++;
    }
    (void)text_format(what, sizeof(what), "'%s' has no such verb", noun->name);
    return refuse_word(call, what, call->request->verb, names, count);
}

bool admin_run(const struct admin *admin, const struct admin_request *request,
               const struct admin_sink *sink, char problem[ADMIN_PROBLEM_SIZE])
{
    struct admin_call call = {.admin = admin, .request = request, .sink = sink, .problem = problem};
    const char *names[NOUN_COUNT];
    size_t i;

    for (i = 0; i < NOUN_COUNT; i++) {
        if (slice_is(request->noun, NOUNS[i]->name)) {
            return verb_run(&call, NOUNS[i]);
        }
        names[i] = NOUNS[i]->name;
    }
    return refuse_word(&call, "there is no such thing to administer", request->noun, names,
                       NOUN_COUNT);
}

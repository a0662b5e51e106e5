/* Unknown fields are left aside (contract.md, Common). */
#include "api/body.h"

#include <assert.h>

enum { SENTENCE_SIZE = 256 };

static const char *kind_of(enum json_type type)
{
    static const char *const KINDS[] = {
        [JSON_NULL] = "null",       [JSON_FALSE] = "false", [JSON_TRUE] = "true",
        [JSON_NUMBER] = "a number", [JSON_STRING] = "text", [JSON_ARRAY] = "an array",
    };

    assert(type < sizeof(KINDS) / sizeof(KINDS[0]));
    return KINDS[type];
}

enum fail body_read(struct json_document *document, struct slice body, const char *example,
                    struct flaws *flaws)
{
    char sentence[SENTENCE_SIZE];
    enum fail fail;

    if (body.length == 0) {
        (void)text_format(sentence, sizeof(sentence),
                          "The body is empty. It must be a JSON object such as %s", example);
        flaws_say(flaws, sentence);
        return FAIL_NONE;
    }
    fail = json_read(document, body);
    if (fail == FAIL_MEMORY) {
        return fail;
    }
    if (fail != FAIL_NONE) {
        (void)text_format(sentence, sizeof(sentence),
                          "The body is not valid JSON: %s, at byte %zu.", document->problem,
                          document->problem_at);
        flaws_say(flaws, sentence);
    } else if (json_root(document)->type != JSON_OBJECT) {
        (void)text_format(sentence, sizeof(sentence),
                          "The body is %s. It must be a JSON object such as %s",
                          kind_of(json_root(document)->type), example);
        flaws_say(flaws, sentence);
    }
    return FAIL_NONE;
}

void body_text(const struct json_document *document, const struct body_text *what, char *out,
               struct flaws *flaws)
{
    const struct json_value *value = json_member(document, json_root(document), what->name);

    out[0] = '\0';
    if (value == NULL || value->type == JSON_NULL) {
        return;
    }
    if (value->type != JSON_STRING || slice_has_control(value->text) ||
        slice_code_points(value->text) > what->max ||
        slice_copy(value->text, out, what->size) != FAIL_NONE) {
        flaws_add(flaws, what->name, what->rule);
    }
}

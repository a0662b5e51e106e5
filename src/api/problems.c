/* Each is written into the answer's body at once. */
#include "api/problems.h"

#include <assert.h>

#include "wire/json_write.h"

enum { PROBLEMS_BODY_MAX = 16 * 1024, SENTENCE_SIZE = 320 };

void problems_init(struct problems *problems, enum reply_errors form)
{
    *problems = (struct problems){.form = form};
    buf_init(&problems->json, PROBLEMS_BODY_MAX);
}

void problems_finish(struct problems *problems)
{
    buf_finish(&problems->json);
}

void problems_add(struct problems *problems, const char *field, const char *sentence)
{
    char text[SENTENCE_SIZE];

    assert(!problems->closed);
    if (problems->form == REPLY_ERRORS_STRING) {
        if (problems->count++ == 0) {
            json_open_object(&problems->json, NULL);
            json_open_object(&problems->json, "errors");
        }
        json_add_text(&problems->json, field, sentence);
        return;
    }
    if (problems->count++ == 0) {
        json_open_object(&problems->json, NULL);
        json_open_array(&problems->json, "errors");
    }
    (void)text_format(text, sizeof(text), "%s %s", field, sentence);
    json_add_text(&problems->json, NULL, text);
}

void problems_say(struct problems *problems, const char *sentence)
{
    assert(problems->count == 0);
    problems->count++;
    problems->closed = true;
    json_open_object(&problems->json, NULL);
    if (problems->form == REPLY_ERRORS_STRING) {
        json_add_text(&problems->json, "errors", sentence);
    } else {
        json_open_array(&problems->json, "errors");
        json_add_text(&problems->json, NULL, sentence);
        json_close_array(&problems->json);
    }
    json_close_object(&problems->json);
}

bool problems_exist(const struct problems *problems)
{
    return problems->count > 0;
}

const struct buf *problems_json(struct problems *problems)
{
    assert(problems->count > 0);
    if (!problems->closed) {
        problems->closed = true;
        if (problems->form == REPLY_ERRORS_STRING) {
            json_close_object(&problems->json);
        } else {
            json_close_array(&problems->json);
        }
        json_close_object(&problems->json);
    }
    return buf_fail(&problems->json) == FAIL_NONE ? &problems->json : NULL;
}

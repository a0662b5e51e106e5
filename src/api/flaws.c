/* Each is written into the answer's body at once. */
#include "api/flaws.h"

#include <assert.h>

#include "wire/json_write.h"

enum { FLAWS_BODY_MAX = 16 * 1024, SENTENCE_SIZE = 320 };

void flaws_init(struct flaws *flaws, enum reply_errors form)
{
    *flaws = (struct flaws){.form = form};
    buf_init(&flaws->json, FLAWS_BODY_MAX);
}

void flaws_finish(struct flaws *flaws)
{
    buf_finish(&flaws->json);
}

void flaws_add(struct flaws *flaws, const char *field, const char *sentence)
{
    char text[SENTENCE_SIZE];

    assert(!flaws->closed);
    if (flaws->form == REPLY_ERRORS_STRING) {
        if (flaws->count++ == 0) {
            json_open_object(&flaws->json, NULL);
            json_open_object(&flaws->json, "errors");
        }
        json_add_text(&flaws->json, field, sentence);
        return;
    }
    if (flaws->count++ == 0) {
        json_open_object(&flaws->json, NULL);
        json_open_array(&flaws->json, "errors");
    }
    (void)text_format(text, sizeof(text), "%s %s", field, sentence);
    json_add_text(&flaws->json, NULL, text);
}

void flaws_say(struct flaws *flaws, const char *sentence)
{
    assert(flaws->count == 0);
    flaws->count++;
    flaws->closed = true;
    json_open_object(&flaws->json, NULL);
    if (flaws->form == REPLY_ERRORS_STRING) {
        json_add_text(&flaws->json, "errors", sentence);
    } else {
        json_open_array(&flaws->json, "errors");
        json_add_text(&flaws->json, NULL, sentence);
        json_close_array(&flaws->json);
    }
    json_close_object(&flaws->json);
}

bool flaws_exist(const struct flaws *flaws)
{
    return flaws->count > 0;
}

const struct buf *flaws_json(struct flaws *flaws)
{
    assert(flaws->count > 0);
    if (!flaws->closed) {
        flaws->closed = true;
        if (flaws->form == REPLY_ERRORS_STRING) {
            json_close_object(&flaws->json);
        } else {
            json_close_array(&flaws->json);
        }
        json_close_object(&flaws->json);
    }
    return buf_fail(&flaws->json) == FAIL_NONE ? &flaws->json : NULL;
}

/* Fuzz: what the reader of configuration files finds, written again as lines of
 * its own, is found again; each refusal is a sentence; lines only go up. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "wire/settings.h"

enum { AGAIN_MAX = 1024 * 1024, PROBLEM_LENGTH = 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_setting(const struct setting *setting)
{
    struct slice value = setting->value;

    check(slice_is_visible_ascii(setting->name) && setting->name.length <= SETTINGS_NAME_MAX);
    check(memchr(setting->name.bytes, '=', setting->name.length) == NULL);
    check(slice_is_utf8(value));
    check(value.length == 0 || memchr(value.bytes, '\n', value.length) == NULL);
    check(value.length == 0 || memchr(value.bytes, '\0', value.length) == NULL);
}

static void add_again(struct buf *again, const struct setting *setting)
{
    bool has_quote = setting->value.length > 0 &&
                     memchr(setting->value.bytes, '"', setting->value.length) != NULL;

    buf_slice(again, setting->name);
    buf_text(again, has_quote ? "=" : "=\"");
    buf_slice(again, setting->value);
    buf_text(again, has_quote ? "\n" : "\"\n");
}

/* Every line of `again` is good, and there are `count`. */
static void check_again(struct slice again, struct slice first_text, unsigned count)
{
    struct settings_reader reader;
    struct settings_reader first;
    struct setting setting;
    struct setting expected;
    const char *problem = NULL;
    enum settings_step step;
    unsigned found = 0;

    settings_start(&reader, again);
    settings_start(&first, first_text);
    while (settings_next(&reader, &setting, &problem) == SETTINGS_FOUND) {
        do {
            step = settings_next(&first, &expected, &problem);
        } while (step == SETTINGS_WRONG);
        check(step == SETTINGS_FOUND);
        check(slice_equals(setting.name, expected.name));
        check(slice_equals(setting.value, expected.value));
        found++;
    }
    check(found == count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_make((const char *)data, size);
    struct settings_reader reader;
    struct setting setting;
    const char *problem = NULL;
    enum settings_step step;
    unsigned line = 0;
    unsigned found = 0;
    struct buf again;

    buf_init(&again, AGAIN_MAX);
    settings_start(&reader, text);
    while ((step = settings_next(&reader, &setting, &problem)) != SETTINGS_END) {
        check(reader.line > line && reader.line <= SETTINGS_LINES_MAX + 1);
        line = reader.line;
        if (step == SETTINGS_WRONG) {
            check(problem != NULL && strlen(problem) > PROBLEM_LENGTH);
        } else {
            check_setting(&setting);
            add_again(&again, &setting);
            found++;
        }
    }
    if (buf_fail(&again) == FAIL_NONE && found > 0) {
        check_again(buf_view(&again), text, found);
    }
    buf_finish(&again);
    return 0;
}

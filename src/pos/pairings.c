/* The pairings in memory, and their JSON text.
 *
 * The reader is as strict as the writer: what it accepts it can write again
 * without a loss, and anything else is reported and left as it is, because the
 * file may be the only place where a shop's device codes stand. */
#include "pos/pairings.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "pos/pairings_file.h"
#include "wire/json.h"
#include "wire/json_write.h"

enum { FILE_VERSION = 1 };

#define TELL(problem, ...) (void)text_format((problem), PAIRINGS_PROBLEM_SIZE, __VA_ARGS__)

static enum fail tell_file(enum fail fail, const char *path, const char *verb, char *problem)
{
    TELL(problem, "the pairings file %s cannot be %s: %s", path, verb, fail_text(fail));
    return fail;
}

static enum fail tell_damage(const char *path, const char *what, char *problem)
{
    TELL(problem,
         "the pairings file %s is damaged (%s); it was left as it is: "
         "repair it, or move it away and pair again",
         path, what);
    return FAIL_INVALID;
}

/* --- Reading ---------------------------------------------------------- */

static bool read_text(const struct json_document *document, const struct json_value *object,
                      const char *name, char *out, size_t size)
{
    const struct json_value *value = json_member(document, object, name);

    return value != NULL && value->type == JSON_STRING &&
           slice_copy(value->text, out, size) == FAIL_NONE;
}

/* NULL, or what is wrong with it. */
static const char *read_pairing(const struct json_document *document,
                                const struct json_value *object, struct pairing *out)
{
    char code[CODE_SIZE + 1];

    if (!read_text(document, object, "name", out->name, sizeof(out->name)) ||
        account_name_problem(slice_of(out->name)) != NULL) {
        return "a pairing without a proper name";
    }
    if (!read_text(document, object, "code", code, sizeof(code)) ||
        !code_read(slice_of(code), out->code)) {
        return "a pairing without a proper device code";
    }
    if (!read_text(document, object, "api", out->api, sizeof(out->api)) ||
        pos_api_problem(out->api) != NULL) {
        return "a pairing without the address of its API";
    }
    if (!read_text(document, object, "pairedAt", out->paired_at, sizeof(out->paired_at)) ||
        !slice_is_visible_ascii(slice_of(out->paired_at))) {
        return "a pairing without its time";
    }
    return NULL;
}

/* NULL, or what is wrong with the list. */
static const char *read_list(const struct json_document *document, struct pairings *out)
{
    const struct json_value *list = json_member(document, json_root(document), "pairings");
    const struct json_value *each;

    if (list == NULL || list->type != JSON_ARRAY) {
        return "without a list of pairings";
    }
    for (each = json_first(document, list); each != NULL; each = json_next(document, each)) {
        struct pairing *item = &out->items[out->count];
        const char *wrong;

        if (out->count == PAIRINGS_MAX) {
            return "more than 500 pairings";
        }
        wrong = read_pairing(document, each, item);
        if (wrong != NULL) {
            return wrong;
        }
        if (pairings_find(out, item->name) != NULL) {
            return "two pairings of one name";
        }
        out->count++;
    }
    return NULL;
}

static enum fail read_document(const struct json_document *document, const char *path,
                               struct pairings *out, char *problem)
{
    const struct json_value *version = json_member(document, json_root(document), "version");
    const char *wrong;
    int64_t number;

    if (version == NULL || json_to_integer(version, 1, INT64_MAX, &number) != FAIL_NONE) {
        return tell_damage(path, "without a version", problem);
    }
    if (number > FILE_VERSION) {
        TELL(problem, "the pairings file %s is of a newer Tillwire (version %" PRId64 ")", path,
             number);
        return FAIL_VERSION;
    }
    wrong = read_list(document, out);
    return wrong == NULL ? FAIL_NONE : tell_damage(path, wrong, problem);
}

static enum fail parse(struct slice bytes, const char *path, struct pairings *out, char *problem)
{
    struct json_document document;
    enum fail fail;

    json_document_init(&document);
    fail = json_read(&document, bytes);
    if (fail == FAIL_NONE) {
        fail = read_document(&document, path, out, problem);
    } else if (fail == FAIL_MEMORY) {
        (void)tell_file(fail, path, "read", problem);
    } else {
        fail = tell_damage(path, document.problem, problem);
    }
    json_document_finish(&document);
    return fail;
}

static enum fail load(const char *path, struct pairings *out, char *problem)
{
    struct buf bytes;
    enum fail fail;

    buf_init(&bytes, JSON_BYTES_MAX);
    fail = pairings_file_read(path, &bytes);
    if (fail == FAIL_NONE) {
        fail = parse(buf_view(&bytes), path, out, problem);
    } else if (fail == FAIL_NOT_FOUND) {
        fail = FAIL_NONE;
    } else if (fail == FAIL_INVALID) {
        TELL(problem, "%s is no regular file and cannot hold pairings", path);
    } else if (fail == FAIL_LIMIT) {
        fail = tell_damage(path, "larger than 256 KiB", problem);
    } else {
        (void)tell_file(fail, path, "read", problem);
    }
    buf_finish(&bytes);
    return fail;
}

enum fail pairings_load(const char *path, struct pairings *out, char problem[PAIRINGS_PROBLEM_SIZE])
{
    struct pairings found = {.items = calloc(PAIRINGS_MAX + 1, sizeof(struct pairing))};
    enum fail fail;

    if (found.items == NULL) {
        return tell_file(FAIL_MEMORY, path, "read", problem);
    }
    fail = load(path, &found, problem);
    if (fail != FAIL_NONE) {
        pairings_finish(&found);
        return fail;
    }
    *out = found;
    return FAIL_NONE;
}

void pairings_finish(struct pairings *pairings)
{
    free(pairings->items);
    *pairings = (struct pairings){0};
}

static size_t place_of(const struct pairings *pairings, const char *name)
{
    size_t i;

    for (i = 0; i < pairings->count; i++) {
        if (slice_is(slice_of(pairings->items[i].name), name)) {
            break;
        }
    }
    return i;
}

const struct pairing *pairings_find(const struct pairings *pairings, const char *name)
{
    size_t place = place_of(pairings, name);

    return place == pairings->count ? NULL : &pairings->items[place];
}

/* --- Changing --------------------------------------------------------- */

static void write_text(struct buf *out, const struct pairings *pairings)
{
    size_t i;

    json_open_object(out, NULL);
    json_add_integer(out, "version", FILE_VERSION);
    json_open_array(out, "pairings");
    for (i = 0; i < pairings->count; i++) {
        const struct pairing *item = &pairings->items[i];

        json_open_object(out, NULL);
        json_add_text(out, "name", item->name);
        json_add_text(out, "code", item->code);
        json_add_text(out, "api", item->api);
        json_add_text(out, "pairedAt", item->paired_at);
        json_close_object(out);
    }
    json_close_array(out);
    json_close_object(out);
    buf_byte(out, '\n');
}

static enum fail save(const char *path, const struct pairings *pairings, char *problem)
{
    struct buf text;
    enum fail fail;

    /* No larger than what can be read again. */
    buf_init(&text, JSON_BYTES_MAX);
    write_text(&text, pairings);
    fail = buf_fail(&text);
    if (fail == FAIL_NONE) {
        fail = pairings_file_replace(path, buf_view(&text));
    }
    buf_finish(&text);
    return fail == FAIL_NONE ? FAIL_NONE : tell_file(fail, path, "written", problem);
}

static enum fail put(struct pairings *pairings, const struct pairing *pairing, char *replaced,
                     char *problem)
{
    size_t place = place_of(pairings, pairing->name);

    replaced[0] = '\0';
    if (place < pairings->count) {
        memcpy(replaced, pairings->items[place].code, CODE_SIZE);
    } else if (pairings->count == PAIRINGS_MAX) {
        TELL(problem, "there are %d pairings already, and no room for more", PAIRINGS_MAX);
        return FAIL_LIMIT;
    } else {
        pairings->count++;
    }
    pairings->items[place] = *pairing;
    return FAIL_NONE;
}

enum fail pairings_put(const char *path, const struct pairing *pairing, char replaced[CODE_SIZE],
                       char problem[PAIRINGS_PROBLEM_SIZE])
{
    struct pairings pairings;
    enum fail fail;
    int lock;

    assert(account_name_problem(slice_of(pairing->name)) == NULL);
    fail = pairings_file_lock(path, &lock);
    if (fail != FAIL_NONE) {
        return tell_file(fail, path, "written", problem);
    }
    fail = pairings_load(path, &pairings, problem);
    if (fail == FAIL_NONE) {
        fail = put(&pairings, pairing, replaced, problem);
        if (fail == FAIL_NONE) {
            fail = save(path, &pairings, problem);
        }
        pairings_finish(&pairings);
    }
    pairings_file_unlock(lock);
    return fail;
}

static enum fail drop(struct pairings *pairings, const char *name, char *removed, char *problem)
{
    size_t place = place_of(pairings, name);

    if (place == pairings->count) {
        TELL(problem, "nothing is paired under the name \"%s\"", name);
        return FAIL_NOT_FOUND;
    }
    memcpy(removed, pairings->items[place].code, CODE_SIZE);
    pairings->count--;
    memmove(&pairings->items[place], &pairings->items[place + 1],
            (pairings->count - place) * sizeof(struct pairing));
    return FAIL_NONE;
}

enum fail pairings_remove(const char *path, const char *name, char removed[CODE_SIZE],
                          char problem[PAIRINGS_PROBLEM_SIZE])
{
    struct pairings pairings;
    enum fail fail;
    int lock;

    fail = pairings_file_lock(path, &lock);
    if (fail != FAIL_NONE) {
        return tell_file(fail, path, "written", problem);
    }
    fail = pairings_load(path, &pairings, problem);
    if (fail == FAIL_NONE) {
        fail = drop(&pairings, name, removed, problem);
        if (fail == FAIL_NONE) {
            fail = save(path, &pairings, problem);
        }
        pairings_finish(&pairings);
    }
    pairings_file_unlock(lock);
    return fail;
}

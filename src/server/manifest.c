/* One JSON object on one line. Reading trusts nothing in it: the names become
 * paths, and the checksums decide what is taken for whole. */
#include "server/manifest.h"

#include <string.h>

#include "wire/json.h"
#include "wire/json_write.h"

enum { MANIFEST_MAX = 16 * 1024 };

int64_t manifest_bytes(const struct manifest *manifest)
{
    int64_t total = 0;
    size_t i;

    for (i = 0; i < manifest->file_count; i++) {
        total += manifest->files[i].bytes;
    }
    return total;
}

/* --- Writing ---------------------------------------------------------------- */

static void add_file(struct buf *text, const struct manifest_file *file)
{
    json_open_object(text, NULL);
    json_add_text(text, "name", file->name);
    json_add_integer(text, "bytes", file->bytes);
    json_add_text(text, "sha256", file->sha256);
    json_close_object(text);
}

enum fail manifest_write(const char *directory, const struct manifest *manifest,
                         char problem[DATA_PROBLEM_SIZE])
{
    struct buf text;
    enum fail fail;
    size_t i;

    buf_init(&text, MANIFEST_MAX);
    json_open_object(&text, NULL);
    json_add_integer(&text, "format", MANIFEST_FORMAT);
    json_add_text(&text, "program", manifest->program);
    json_add_text(&text, "made", manifest->made);
    json_add_integer(&text, "schema", manifest->facts.schema);
    json_add_integer(&text, "businesses", manifest->facts.businesses);
    json_add_integer(&text, "devices", manifest->facts.devices);
    json_open_array(&text, "files");
    for (i = 0; i < manifest->file_count; i++) {
        add_file(&text, &manifest->files[i]);
    }
    json_close_array(&text);
    json_close_object(&text);
    buf_byte(&text, '\n');
    fail = buf_fail(&text);
    if (fail == FAIL_NONE) {
        fail = data_file_write(directory, MANIFEST_FILE, buf_view(&text));
    }
    buf_finish(&text);
    if (fail != FAIL_NONE) {
        (void)text_format(problem, DATA_PROBLEM_SIZE, "%s/%s could not be written: %s", directory,
                          MANIFEST_FILE, fail_text(fail));
    }
    return fail;
}

/* --- Reading ---------------------------------------------------------------- */

static bool number_read(const struct json_document *document, const struct json_value *object,
                        const char *name, int64_t *out)
{
    const struct json_value *value = json_member(document, object, name);

    return value != NULL && json_to_integer(value, 0, INT64_MAX, out) == FAIL_NONE;
}

static bool text_read(const struct json_document *document, const struct json_value *object,
                      const char *name, char *out, size_t size)
{
    const struct json_value *value = json_member(document, object, name);

    return value != NULL && value->type == JSON_STRING &&
           slice_copy(value->text, out, size) == FAIL_NONE;
}

static bool has_file(const struct manifest *manifest, const char *name)
{
    size_t i;

    for (i = 0; i < manifest->file_count; i++) {
        if (strcmp(manifest->files[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool file_read_into(struct manifest *out, const struct json_document *document,
                           const struct json_value *value)
{
    struct manifest_file file = {.bytes = 0};
    const struct data_entry *entry;

    if (!text_read(document, value, "name", file.name, sizeof(file.name)) ||
        !number_read(document, value, "bytes", &file.bytes) ||
        !text_read(document, value, "sha256", file.sha256, sizeof(file.sha256))) {
        return false;
    }
    entry = data_entry_find(slice_of(file.name));
    if (entry == NULL || !data_is_kept(entry) || has_file(out, file.name)) {
        return false;
    }
    out->files[out->file_count++] = file;
    return true;
}

static bool files_read(struct manifest *out, const struct json_document *document)
{
    const struct json_value *files = json_member(document, json_root(document), "files");
    const struct json_value *each;
    size_t i;

    if (files == NULL || files->type != JSON_ARRAY) {
        return false;
    }
    for (each = json_first(document, files); each != NULL; each = json_next(document, each)) {
        if (!file_read_into(out, document, each)) {
            return false;
        }
    }
    for (i = 0; i < DATA_ENTRIES; i++) {
        if (DATA_ENTRY[i].required && !has_file(out, DATA_ENTRY[i].name)) {
            return false;
        }
    }
    return true;
}

static enum fail text_to_manifest(struct slice text, struct manifest *out)
{
    struct json_document document;
    int64_t format = 0;
    enum fail fail = FAIL_INVALID;

    *out = (struct manifest){.file_count = 0};
    json_document_init(&document);
    if (json_read(&document, text) == FAIL_NONE) {
        const struct json_value *root = json_root(&document);

        if (number_read(&document, root, "format", &format) && format > MANIFEST_FORMAT) {
            fail = FAIL_VERSION;
        } else if (format == MANIFEST_FORMAT &&
                   text_read(&document, root, "program", out->program, sizeof(out->program)) &&
                   text_read(&document, root, "made", out->made, sizeof(out->made)) &&
                   number_read(&document, root, "schema", &out->facts.schema) &&
                   number_read(&document, root, "businesses", &out->facts.businesses) &&
                   number_read(&document, root, "devices", &out->facts.devices) &&
                   files_read(out, &document)) {
            fail = FAIL_NONE;
        }
    }
    json_document_finish(&document);
    return fail;
}

enum fail manifest_read(const char *directory, struct manifest *out,
                        char problem[DATA_PROBLEM_SIZE])
{
    struct manifest manifest;
    struct buf text;
    enum fail fail;

    buf_init(&text, MANIFEST_MAX);
    fail = data_file_read(directory, MANIFEST_FILE, &text);
    if (fail == FAIL_NOT_FOUND) {
        (void)text_format(problem, DATA_PROBLEM_SIZE,
                          "%s is no backup, or one that was cut off: it has no %s", directory,
                          MANIFEST_FILE);
    } else if (fail != FAIL_NONE) {
        (void)text_format(problem, DATA_PROBLEM_SIZE, "%s/%s cannot be read: %s", directory,
                          MANIFEST_FILE, fail_text(fail));
    } else {
        fail = text_to_manifest(buf_view(&text), &manifest);
        if (fail == FAIL_VERSION) {
            (void)text_format(problem, DATA_PROBLEM_SIZE,
                              "the backup %s was made by a newer tillwire than this one (%s)",
                              directory, TILLWIRE_VERSION);
        } else if (fail != FAIL_NONE) {
            (void)text_format(problem, DATA_PROBLEM_SIZE,
                              "%s/%s is damaged: it does not say what the backup holds", directory,
                              MANIFEST_FILE);
        }
    }
    buf_finish(&text);
    if (fail == FAIL_NONE) {
        *out = manifest;
    }
    return fail;
}

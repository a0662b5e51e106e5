/* JSON around the verbs of admin/. */
#include "server/admin_door.h"

#include <pwd.h>
#include <unistd.h>

#include "net/local.h"
#include "server/data.h"
#include "server/demo.h"
#include "wire/json.h"
#include "wire/json_write.h"

enum { NAME_SPACE = 4096 };

/* --- The reply, as the verbs fill it -------------------------------------------- */

static void open_list(void *context, const char *name)
{
    json_open_array(context, name);
}

static void close_list(void *context)
{
    json_close_array(context);
}

static void open_row(void *context)
{
    json_open_object(context, NULL);
}

static void close_row(void *context)
{
    json_close_object(context);
}

static void add_text(void *context, const char *name, const char *text)
{
    json_add_text(context, name, text);
}

static void add_number(void *context, const char *name, int64_t number)
{
    json_add_integer(context, name, number);
}

static void add_flag(void *context, const char *name, bool flag)
{
    json_add_bool(context, name, flag);
}

static void reply_error(struct buf *reply, const char *text)
{
    json_open_object(reply, NULL);
    json_add_text(reply, "error", text);
    json_close_object(reply);
}

/* --- The request ------------------------------------------------------------------ */

static bool option_add(struct admin_request *request, const struct json_value *value)
{
    if (request->option_count == ADMIN_OPTIONS_MAX || value->type != JSON_STRING) {
        return false;
    }
    request->options[request->option_count++] =
        (struct admin_option){.name = value->name, .value = value->text};
    return true;
}

static bool request_read(const struct json_document *document, struct admin_request *request)
{
    const struct json_value *root = json_root(document);
    const struct json_value *noun = json_member(document, root, "noun");
    const struct json_value *verb = json_member(document, root, "verb");
    const struct json_value *options = json_member(document, root, "options");
    const struct json_value *each;

    *request = (struct admin_request){0};
    if (noun == NULL || noun->type != JSON_STRING || verb == NULL || verb->type != JSON_STRING ||
        options == NULL || options->type != JSON_OBJECT) {
        return false;
    }
    request->noun = noun->text;
    request->verb = verb->text;
    for (each = json_first(document, options); each != NULL; each = json_next(document, each)) {
        if (!option_add(request, each)) {
            return false;
        }
    }
    return true;
}

static void run(const struct admin *admin, const struct admin_request *request, struct buf *reply)
{
    char problem[ADMIN_PROBLEM_SIZE] = "";
    struct buf ok;
    struct admin_sink sink = {.open_list = open_list,
                              .close_list = close_list,
                              .open_row = open_row,
                              .close_row = close_row,
                              .text = add_text,
                              .number = add_number,
                              .flag = add_flag,
                              .context = &ok};

    buf_init(&ok, LOCAL_REPLY_MAX / 2);
    if (!admin_run(admin, request, &sink, problem)) {
        reply_error(reply, problem);
    } else if (buf_fail(&ok) != FAIL_NONE) {
        reply_error(reply, "it is done, but the answer is too long to be shown");
    } else {
        json_open_object(reply, NULL);
        json_add_raw(reply, "ok", buf_view(&ok));
        json_close_object(reply);
    }
    buf_wipe(&ok);
}

/* "uid 1000 (anna)", or the number alone where nobody has a name for it. */
static void actor_name(unsigned user, char out[AUDIT_WORDS_SIZE])
{
    char space[NAME_SPACE];
    struct passwd entry;
    struct passwd *found = NULL;

    if (getpwuid_r(user, &entry, space, sizeof(space), &found) != 0 || found == NULL ||
        !text_format(out, AUDIT_WORDS_SIZE, "uid %u (%s)", user, found->pw_name)) {
        (void)text_format(out, AUDIT_WORDS_SIZE, "uid %u", user);
    }
}

void admin_door_answer(const struct admin *admin, unsigned user, struct slice text,
                       struct buf *reply)
{
    char actor[AUDIT_WORDS_SIZE];
    struct admin with_actor = *admin;
    struct json_document document;
    struct admin_request request;

    actor_name(user, actor);
    with_actor.actor = actor;

    json_document_init(&document);
    if (json_read(&document, text) != FAIL_NONE || !request_read(&document, &request)) {
        reply_error(reply, "the request cannot be read; is the command of the same version as the "
                           "server?");
    } else {
        run(&with_actor, &request, reply);
    }
    json_document_finish(&document);
}

/* --- From a command ------------------------------------------------------------------ */

/* Only the first business may make the data that everything else needs. */
static bool makes_data(struct slice text)
{
    struct json_document document;
    struct admin_request request;
    bool makes;

    json_document_init(&document);
    makes = json_read(&document, text) == FAIL_NONE && request_read(&document, &request) &&
            slice_is(request.noun, "business") && slice_is(request.verb, "add");
    json_document_finish(&document);
    return makes;
}

enum fail admin_door_call(const char *directory, struct slice request, struct buf *reply)
{
    struct data_options options = {.directory = directory, .make = makes_data(request)};
    char problem[DATA_PROBLEM_SIZE];
    struct data data;
    long holder = 0;
    enum fail fail;

    if (!options.make && !data_exists(directory)) {
        return FAIL_NOT_FOUND;
    }
    fail = data_open(&data, &options, &holder, problem);
    if (fail == FAIL_NONE) {
        struct admin admin = {
            .store = data.store, .pin_key = data.pin_key, .allow_loopback = demo_exists(directory)};

        admin_door_answer(&admin, getuid(), request, reply);
        data_close(&data);
        return FAIL_NONE;
    }
    if (fail != FAIL_BUSY) {
        reply_error(reply, problem);
        return FAIL_NONE;
    }
    fail = local_call(directory, request, reply);
    return fail == FAIL_CLOSED || fail == FAIL_TIMEOUT ? FAIL_BUSY : fail;
}

/* The demo business. What dev.json says is put into the database where it is
 * missing there, never the other way round. */
#include "server/demo.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/id.h"
#include "broker/log_in.h"
#include "store/store.h"
#include "wire/json.h"
#include "wire/json_write.h"

enum { DEMO_FILE_MAX = 4096, PASSWORD_LENGTH = 16, PIN_FROM = 1000, PIN_SPAN = 9000 };

static const char DEMO_FILE[] = "dev.json";
static const char DEMO_NAME[] = "Demo Shop";
static const char DEMO_USER[] = "Alex Demo";
static const char DEMO_TOKEN[] = "Demo POS";

/* --- The file -------------------------------------------------------------------- */

static bool text_take(const struct json_document *document, const char *name, char *out,
                      size_t size)
{
    const struct json_value *value = json_member(document, json_root(document), name);

    return value != NULL && value->type == JSON_STRING &&
           slice_copy(value->text, out, size) == FAIL_NONE && out[0] != '\0';
}

static enum fail demo_parse(struct demo *demo, struct slice text)
{
    struct json_document document;
    const struct json_value *business;
    enum fail fail;

    json_document_init(&document);
    fail = json_read(&document, text);
    if (fail == FAIL_NONE) {
        business = json_member(&document, json_root(&document), "business");
        if (business == NULL ||
            json_to_integer(business, 1, INT64_MAX, &demo->business) != FAIL_NONE ||
            !text_take(&document, "token", demo->token, sizeof(demo->token)) ||
            !text_take(&document, "email", demo->email, sizeof(demo->email)) ||
            !text_take(&document, "password", demo->password, sizeof(demo->password)) ||
            !text_take(&document, "pin", demo->pin, sizeof(demo->pin))) {
            fail = FAIL_INVALID;
        }
    }
    json_document_finish(&document);
    return fail;
}

static enum fail demo_read(struct demo *demo, const struct data *data)
{
    struct buf bytes;
    enum fail fail;

    buf_init(&bytes, DEMO_FILE_MAX);
    fail = data_file_read(data->directory, DEMO_FILE, &bytes);
    if (fail == FAIL_NONE) {
        fail = demo_parse(demo, buf_view(&bytes));
    }
    buf_wipe(&bytes);
    return fail;
}

bool demo_exists(const char *directory)
{
    struct buf bytes;
    bool exists;

    buf_init(&bytes, DEMO_FILE_MAX);
    exists = data_file_read(directory, DEMO_FILE, &bytes) == FAIL_NONE;
    buf_wipe(&bytes);
    return exists;
}

static enum fail demo_write(const struct demo *demo, const struct data *data)
{
    struct buf bytes;
    enum fail fail;

    buf_init(&bytes, DEMO_FILE_MAX);
    json_open_object(&bytes, NULL);
    json_add_text(&bytes, "token", demo->token);
    json_add_text(&bytes, "email", demo->email);
    json_add_text(&bytes, "password", demo->password);
    json_add_text(&bytes, "pin", demo->pin);
    json_add_integer(&bytes, "business", demo->business);
    json_close_object(&bytes);
    buf_byte(&bytes, '\n');
    fail = buf_fail(&bytes);
    if (fail == FAIL_NONE) {
        fail = data_file_write(data->directory, DEMO_FILE, buf_view(&bytes));
    }
    buf_wipe(&bytes);
    return fail;
}

static void demo_make(struct demo *demo)
{
    memset(demo, 0, sizeof(*demo));
    secret_make(demo->token);
    id_random_text(demo->password, PASSWORD_LENGTH);
    (void)text_format(demo->email, sizeof(demo->email), "demo@example.com");
    (void)text_format(demo->pin, sizeof(demo->pin), "%u", PIN_FROM + id_random_below(PIN_SPAN));
}

/* --- The database ------------------------------------------------------------------ */

struct seeding {
    struct store_job job;
    struct demo *demo;
    const struct data *data;
    bool fresh; /* dev.json was lost: what is in it must count */
    char password_hash[PASSWORD_HASH_SIZE];
};

/* The business of dev.json. When that file was lost: the demo user's, because
 * a token of another business would not see the terminals of that user. */
static enum fail business_seed(struct seeding *seeding, struct store_tx *tx)
{
    struct demo *demo = seeding->demo;
    char hash[PASSWORD_HASH_SIZE];
    struct business business;
    struct user user;
    enum fail fail = FAIL_NOT_FOUND;

    if (demo->business != 0) {
        fail = store_business_find(tx, demo->business, &business);
    }
    if (fail == FAIL_NOT_FOUND) {
        fail = store_user_by_email(tx, demo->email, &user, hash);
        if (fail == FAIL_NONE) {
            demo->business = user.business;
        }
    }
    if (fail != FAIL_NOT_FOUND) {
        return fail;
    }
    return store_business_add(tx, DEMO_NAME, "CAD", true, clock_wall_ms(), &demo->business);
}

static enum fail user_seed(struct seeding *seeding, struct store_tx *tx)
{
    struct demo *demo = seeding->demo;
    struct secret_hash pin = log_in_pin_hash(seeding->data->pin_key, demo->business, demo->pin);
    struct store_user_new user = {.business = demo->business,
                                  .name = DEMO_USER,
                                  .email = demo->email,
                                  .password_hash = seeding->password_hash,
                                  .pin = &pin,
                                  .role = ROLE_ADMINISTRATOR,
                                  .now_ms = clock_wall_ms()};
    struct store_user_change change = {.password_hash = seeding->password_hash, .pin = &pin};
    char hash[PASSWORD_HASH_SIZE];
    struct user found;
    const char *taken = NULL;
    int64_t id;
    enum fail fail = store_user_by_email(tx, demo->email, &found, hash);

    if (fail == FAIL_NOT_FOUND) {
        return store_user_add(tx, &user, &id, &taken);
    }
    if (fail != FAIL_NONE || !seeding->fresh) {
        return fail;
    }
    return store_user_set(tx, found.business, found.id, &change, &taken);
}

static enum fail token_seed(struct seeding *seeding, struct store_tx *tx)
{
    struct store_token_new new_token = {
        .business = seeding->demo->business,
        .name = DEMO_TOKEN,
        .hash = secret_hash_of(slice_of(seeding->demo->token)),
        .permissions = {ACCESS_WRITE, ACCESS_WRITE, PROCESSING_ADMIN},
        .now_ms = clock_wall_ms()};
    struct token token;
    int64_t id;
    enum fail fail = store_token_by_hash(tx, &new_token.hash, &token);

    return fail == FAIL_NOT_FOUND ? store_token_add(tx, &new_token, &id) : fail;
}

static enum fail seed_run(struct store_job *job, struct store_tx *tx)
{
    struct seeding *seeding = LIST_ITEM(job, struct seeding, job);
    enum fail fail = business_seed(seeding, tx);

    if (fail == FAIL_NONE) {
        fail = user_seed(seeding, tx);
    }
    if (fail == FAIL_NONE) {
        fail = token_seed(seeding, tx);
    }
    return fail;
}

static enum fail seed(struct demo *demo, struct data *data, bool fresh)
{
    struct seeding seeding = {.job.run = seed_run, .demo = demo, .data = data, .fresh = fresh};
    enum fail fail = password_hash(slice_of(demo->password), seeding.password_hash);

    return fail != FAIL_NONE ? fail : store_write_wait(data->store, &seeding.job);
}

/* FAIL_NOT_FOUND when anything of the demo is missing in the database. */
static enum fail look_run(struct store_job *job, struct store_tx *tx)
{
    struct seeding *seeding = LIST_ITEM(job, struct seeding, job);
    struct secret_hash hash = secret_hash_of(slice_of(seeding->demo->token));
    struct business business;
    struct token token;
    struct user user;
    enum fail fail = store_business_find(tx, seeding->demo->business, &business);

    if (fail == FAIL_NONE) {
        fail = store_user_by_email(tx, seeding->demo->email, &user, seeding->password_hash);
    }
    return fail != FAIL_NONE ? fail : store_token_by_hash(tx, &hash, &token);
}

/* A start that finds all as it was hashes no password and writes nothing. */
static enum fail make_good(struct demo *demo, struct data *data, bool fresh)
{
    struct seeding look = {.job.run = look_run, .demo = demo, .data = data};
    enum fail fail = fresh ? FAIL_NOT_FOUND : store_read_wait(data->store, &look.job);

    if (fail != FAIL_NOT_FOUND) {
        return fail;
    }
    fail = seed(demo, data, fresh);
    return fail != FAIL_NONE ? fail : demo_write(demo, data);
}

struct presetting {
    struct store_job job;
    int64_t business;
    bool helcim;
};

static enum fail preset_run(struct store_job *job, struct store_tx *tx)
{
    const struct presetting *presetting = LIST_ITEM(job, struct presetting, job);

    return store_business_set_preset(tx, presetting->business, presetting->helcim);
}

static enum fail preset_set(const struct demo *demo, struct data *data, enum demo_preset preset)
{
    struct presetting presetting = {
        .job.run = preset_run, .business = demo->business, .helcim = preset == DEMO_PRESET_HELCIM};

    return preset == DEMO_PRESET_AS_IT_IS ? FAIL_NONE
                                          : store_write_wait(data->store, &presetting.job);
}

enum fail demo_load(struct demo *demo, struct data *data, enum demo_preset preset,
                    char problem[DATA_PROBLEM_SIZE])
{
    enum fail fail = demo_read(demo, data);
    bool fresh = fail == FAIL_NOT_FOUND;

    if (fresh) {
        demo_make(demo);
    } else if (fail != FAIL_NONE) {
        (void)text_format(problem, DATA_PROBLEM_SIZE,
                          "%s/%s cannot be read: %s; remove it to get new demo secrets, or start "
                          "with --reset",
                          data->directory, DEMO_FILE, fail_text(fail));
        return fail;
    }
    fail = make_good(demo, data, fresh);
    if (fail == FAIL_NONE) {
        fail = preset_set(demo, data, preset);
    }
    if (fail != FAIL_NONE) {
        (void)text_format(problem, DATA_PROBLEM_SIZE,
                          "the demo business cannot be stored in %s: %s", data->directory,
                          fail_text(fail));
    }
    return fail;
}

/* admin token. A token is shown once, when it is made; only its hash is
 * stored. A change is answered when every loop has forgotten the old one. */
#include "admin/call.h"
#include "admin/date.h"
#include "base/clock.h"
#include "base/secret.h"
#include "broker/access.h"
#include "store/read.h"

/* --- Permissions ------------------------------------------------------------ */

static bool access_read(struct admin_call *call, const char *name, uint8_t *out)
{
    if (admin_given(call, name) && !permission_access_read(admin_option(call, name), out)) {
        return admin_refuse(call, "--%s is none, read or write", name);
    }
    return true;
}

/* Changes what was given; the rest stays. */
static bool permissions_read(struct admin_call *call, struct permissions *permissions)
{
    if (!access_read(call, "general", &permissions->general) ||
        !access_read(call, "settings", &permissions->settings)) {
        return false;
    }
    if (admin_given(call, "processing") &&
        !permission_processing_read(admin_option(call, "processing"), &permissions->processing)) {
        return admin_refuse(call, "--processing is none, auth, positive or admin");
    }
    return true;
}

/* --- Expiry ------------------------------------------------------------------ */

/* "never" is 0. */
static bool expiry_read(struct admin_call *call, int64_t *expires_ms)
{
    struct slice value = admin_option(call, "expires");

    if (slice_is(value, "never")) {
        *expires_ms = 0;
        return true;
    }
    if (date_read(value, expires_ms) != FAIL_NONE) {
        return admin_refuse(call, "--expires is never, a date such as 2027-01-31 (it ends as that "
                                  "day begins in UTC), or a moment such as 2027-01-31T18:00:00Z");
    }
    if (*expires_ms <= clock_wall_ms()) {
        return admin_refuse(call, "--expires: %.*s is past; to revoke a token remove it",
                            (int)value.length, value.bytes);
    }
    return true;
}

/* --- add --------------------------------------------------------------------- */

static enum fail add_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    return store_token_add(tx, argument, &call->id);
}

static bool add(struct admin_call *call)
{
    char name[ACCOUNT_NAME_SIZE];
    char secret[SECRET_TEXT_SIZE];
    struct store_token_new token = {.name = name, .now_ms = clock_wall_ms()};
    enum fail fail;

    if (!admin_business(call) ||
        !admin_text(call, "name", account_name_problem, name, sizeof(name)) ||
        !permissions_read(call, &token.permissions) ||
        (admin_given(call, "expires") && !expiry_read(call, &token.expires_ms))) {
        return false;
    }
    secret_make(secret);
    token.business = call->business;
    token.hash = secret_hash_of(slice_of(secret));
    fail = admin_write(call, add_run, &token);
    if (fail == FAIL_NONE) {
        admin_open_row(call);
        admin_show_text(call, "token", secret);
        admin_show_number(call, "id", call->id);
        admin_close_row(call);
    }
    secret_wipe(secret, sizeof(secret));
    return fail == FAIL_NONE || admin_refuse_fail(call, fail);
}

/* --- list, show -------------------------------------------------------------- */

static void show_row(void *context, const struct token *token)
{
    struct admin_call *call = context;

    admin_open_row(call);
    admin_show_number(call, "id", token->id);
    admin_show_text(call, "name", token->name);
    admin_show_text(call, "general", permission_access_name(token->permissions.general));
    admin_show_text(call, "settings", permission_access_name(token->permissions.settings));
    admin_show_text(call, "processing", permission_processing_name(token->permissions.processing));
    admin_show_time(call, "created", token->created_ms);
    admin_show_time(call, "lastUsed", token->used_ms);
    admin_show_time(call, "expires", token->expires_ms);
    admin_show_time(call, "oldValidUntil",
                    token->old_until_ms > clock_wall_ms() ? token->old_until_ms : 0);
    admin_close_row(call);
}

static enum fail list_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    (void)argument;
    return read_tokens(tx, call->business, show_row, call);
}

static bool list(struct admin_call *call)
{
    admin_refresh(call);
    return admin_business(call) && admin_list(call, list_run);
}

static enum fail find_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    return store_token_find(tx, call->business, call->id, argument);
}

static bool find(struct admin_call *call, struct token *token)
{
    enum fail fail;

    if (!admin_business(call) || !admin_id(call)) {
        return false;
    }
    fail = admin_read(call, find_run, token);
    if (fail == FAIL_NOT_FOUND) {
        return admin_refuse(call, "business %lld has no api-token %lld", (long long)call->business,
                            (long long)call->id);
    }
    return fail == FAIL_NONE || admin_refuse_fail(call, fail);
}

static bool show(struct admin_call *call)
{
    struct token token;

    admin_refresh(call);
    if (!find(call, &token)) {
        return false;
    }
    show_row(call, &token);
    return true;
}

/* --- set -------------------------------------------------------------- */

static void forget(struct admin_call *call)
{
    if (call->admin->broker != NULL) {
        access_forget(call->admin->broker);
    }
}

static enum fail set_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    const struct token *token = argument;
    enum fail fail =
        store_token_set(tx, call->business, call->id, token->name, &token->permissions);

    return fail == FAIL_NONE && admin_given(call, "expires")
               ? store_token_set_expiry(tx, call->business, call->id, token->expires_ms)
               : fail;
}

static bool set(struct admin_call *call)
{
    struct token token;
    enum fail fail;

    if (!find(call, &token) || !permissions_read(call, &token.permissions) ||
        (admin_given(call, "name") &&
         !admin_text(call, "name", account_name_problem, token.name, sizeof(token.name))) ||
        (admin_given(call, "expires") && !expiry_read(call, &token.expires_ms))) {
        return false;
    }
    fail = admin_write(call, set_run, &token);
    if (fail != FAIL_NONE) {
        return admin_refuse_fail(call, fail);
    }
    forget(call);
    return show(call);
}

/* --- rotate ------------------------------------------------------------------- */

struct rotation {
    struct secret_hash hash;
    int64_t old_until_ms; /* 0: it ends at once */
};

static enum fail rotate_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    const struct rotation *rotation = argument;

    return store_token_rotate(tx, call->business, call->id, &rotation->hash,
                              rotation->old_until_ms);
}

static bool rotate(struct admin_call *call)
{
    char secret[SECRET_TEXT_SIZE];
    struct rotation rotation;
    struct token token;
    enum fail fail;

    if (!find(call, &token) || !admin_grace(call, "token", &rotation.old_until_ms)) {
        return false;
    }
    if (token.expires_ms != 0 && token.expires_ms <= clock_wall_ms()) {
        return admin_refuse(call,
                            "api-token %lld has expired, and would be refused with a new "
                            "secret as well; give it another end first, with "
                            "'token set %lld --expires DATE'",
                            (long long)call->id, (long long)call->id);
    }
    secret_make(secret);
    rotation.hash = secret_hash_of(slice_of(secret));
    fail = admin_write(call, rotate_run, &rotation);
    if (fail == FAIL_NONE) {
        forget(call);
        admin_open_row(call);
        admin_show_text(call, "token", secret);
        admin_show_number(call, "id", call->id);
        admin_show_time(call, "oldValidUntil", rotation.old_until_ms);
        admin_close_row(call);
    }
    secret_wipe(secret, sizeof(secret));
    return fail == FAIL_NONE || admin_refuse_fail(call, fail);
}

/* --- remove ------------------------------------------------------------------- */

static enum fail remove_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    (void)argument;
    return store_token_remove(tx, call->business, call->id);
}

static bool remove_token(struct admin_call *call)
{
    struct token token;
    enum fail fail;

    if (!find(call, &token)) {
        return false;
    }
    fail = admin_write(call, remove_run, NULL);
    if (fail != FAIL_NONE) {
        return admin_refuse_fail(call, fail);
    }
    forget(call);
    admin_show_id(call, "id", call->id);
    return true;
}

const struct admin_noun token_noun = {"token",
                                      {{"add", add},
                                       {"list", list},
                                       {"show", show},
                                       {"set", set},
                                       {"rotate", rotate},
                                       {"remove", remove_token}}};

/* admin user. */
#include <string.h>

#include "admin/call.h"
#include "base/clock.h"
#include "broker/broker.h"
#include "broker/log_in.h"
#include "store/read.h"

/* What was said of a user; a field counts when its flag is set. */
struct user_words {
    char name[ACCOUNT_NAME_SIZE];
    char email[ACCOUNT_EMAIL_SIZE];
    char password_hash[PASSWORD_HASH_SIZE];
    struct secret_hash pin;
    enum account_role role;
    bool has_name;
    bool has_email;
    bool has_password;
    bool has_pin;
    bool has_role;
    const char *taken;
};

static bool email_read(struct admin_call *call, struct user_words *words)
{
    char email[ACCOUNT_EMAIL_SIZE];

    if (!admin_text(call, "email", account_email_problem, email, sizeof(email))) {
        return false;
    }
    account_email_fold(slice_of(email), words->email);
    return true;
}

static bool password_read(struct admin_call *call, struct user_words *words)
{
    char password[ACCOUNT_PASSWORD_MAX + 1];
    enum fail fail;

    if (!admin_text(call, "password", account_password_problem, password, sizeof(password))) {
        return false;
    }
    fail = password_hash(slice_of(password), words->password_hash);
    secret_wipe(password, sizeof(password));
    return fail == FAIL_NONE || admin_refuse_fail(call, fail);
}

static bool pin_read(struct admin_call *call, struct user_words *words)
{
    char pin[ACCOUNT_PIN_SIZE];

    if (!admin_text(call, "pin", account_pin_problem, pin, sizeof(pin))) {
        return false;
    }
    words->pin = log_in_pin_hash(call->admin->pin_key, call->business, pin);
    secret_wipe(pin, sizeof(pin));
    return true;
}

static bool role_read(struct admin_call *call, struct user_words *words)
{
    if (!account_role_read(admin_option(call, "role"), &words->role)) {
        return admin_refuse(call, "--role is administrator or cashier");
    }
    return true;
}

static bool words_read(struct admin_call *call, struct user_words *words)
{
    memset(words, 0, sizeof(*words));
    words->has_name = admin_given(call, "name");
    words->has_email = admin_given(call, "email");
    words->has_password = admin_given(call, "password");
    words->has_pin = admin_given(call, "pin");
    words->has_role = admin_given(call, "role");
    if (words->has_name &&
        !admin_text(call, "name", account_name_problem, words->name, sizeof(words->name))) {
        return false;
    }
    return (!words->has_email || email_read(call, words)) &&
           (!words->has_password || password_read(call, words)) &&
           (!words->has_pin || pin_read(call, words)) &&
           (!words->has_role || role_read(call, words));
}

static bool refuse_write(struct admin_call *call, const struct user_words *words, enum fail fail)
{
    if (fail == FAIL_CONFLICT && words->taken != NULL && strcmp(words->taken, "email") == 0) {
        return admin_refuse(call, "another user has the e-mail address %s", words->email);
    }
    if (fail == FAIL_CONFLICT) {
        return admin_refuse(call, "another user of this business has this PIN; choose another");
    }
    return admin_refuse_fail(call, fail);
}

/* --- add ------------------------------------------------------------------- */

static enum fail add_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    struct user_words *words = argument;
    struct store_user_new user = {.business = call->business,
                                  .name = words->name,
                                  .email = words->email,
                                  .password_hash = words->password_hash,
                                  .pin = words->has_pin ? &words->pin : NULL,
                                  .role = words->role,
                                  .now_ms = clock_wall_ms()};

    return store_user_add(tx, &user, &call->id, &words->taken);
}

static bool add(struct admin_call *call)
{
    struct user_words words;
    enum fail fail;

    if (!admin_business(call) || !words_read(call, &words)) {
        return false;
    }
    if (!words.has_name || !words.has_email || !words.has_password || !words.has_role) {
        return admin_refuse(call, "a user needs --name, --email, --password and --role");
    }
    fail = admin_write(call, add_run, &words);
    if (fail != FAIL_NONE) {
        return refuse_write(call, &words, fail);
    }
    admin_show_id(call, "user", call->id);
    return true;
}

/* --- list, show ------------------------------------------------------------ */

static void show_row(void *context, const struct user *user)
{
    struct admin_call *call = context;

    admin_open_row(call);
    admin_show_number(call, "user", user->id);
    admin_show_text(call, "name", user->name);
    admin_show_text(call, "email", user->email);
    admin_show_text(call, "role", account_role_name(user->role));
    admin_show_flag(call, "pin", user->has_pin);
    admin_show_time(call, "created", user->created_ms);
    admin_close_row(call);
}

static enum fail list_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    (void)argument;
    return read_users(tx, call->business, show_row, call);
}

static bool list(struct admin_call *call)
{
    return admin_business(call) && admin_list(call, list_run);
}

static enum fail find_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    return store_user_find(tx, call->business, call->id, argument);
}

static bool find(struct admin_call *call, struct user *user)
{
    enum fail fail;

    if (!admin_business(call) || !admin_id(call)) {
        return false;
    }
    fail = admin_read(call, find_run, user);
    if (fail == FAIL_NOT_FOUND) {
        return admin_refuse(call, "business %lld has no user %lld", (long long)call->business,
                            (long long)call->id);
    }
    return fail == FAIL_NONE || admin_refuse_fail(call, fail);
}

static bool show(struct admin_call *call)
{
    struct user user;

    if (!find(call, &user)) {
        return false;
    }
    show_row(call, &user);
    return true;
}

/* --- set, remove ------------------------------------------------------------ */

static enum fail set_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    struct user_words *words = argument;
    struct store_user_change change = {.name = words->has_name ? words->name : NULL,
                                       .email = words->has_email ? words->email : NULL,
                                       .password_hash =
                                           words->has_password ? words->password_hash : NULL,
                                       .pin = words->has_pin ? &words->pin : NULL,
                                       .role = words->has_role ? &words->role : NULL};

    return store_user_set(tx, call->business, call->id, &change, &words->taken);
}

static bool set(struct admin_call *call)
{
    struct user_words words;
    struct user user;
    enum fail fail;

    if (!find(call, &user) || !words_read(call, &words)) {
        return false;
    }
    fail = admin_write(call, set_run, &words);
    if (fail != FAIL_NONE) {
        return refuse_write(call, &words, fail);
    }
    return show(call);
}

static enum fail remove_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    (void)argument;
    return store_user_remove(tx, call->business, call->id);
}

static bool remove_user(struct admin_call *call)
{
    struct user user;
    enum fail fail;

    if (!find(call, &user)) {
        return false;
    }
    fail = admin_write(call, remove_run, NULL);
    if (fail != FAIL_NONE) {
        return admin_refuse_fail(call, fail);
    }
    if (call->admin->broker != NULL) {
        broker_user_removed(call->admin->broker, call->business, call->id);
    }
    admin_show_id(call, "user", call->id);
    return true;
}

const struct admin_noun user_noun = {
    "user", {{"add", add}, {"list", list}, {"show", show}, {"set", set}, {"remove", remove_user}}};

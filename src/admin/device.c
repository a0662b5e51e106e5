/* admin device. */
#include "admin/call.h"
#include "base/clock.h"
#include "broker/broker.h"
#include "broker/payment_admin.h"
#include "core/money.h"
#include "store/read.h"

static bool add(struct admin_call *call)
{
    return admin_refuse(call, "devices register themselves: log in on the terminal with a user of "
                              "the business, and it gets its device code");
}

/* --- list, show ---------------------------------------------------------------- */

static void show_row(void *context, const struct device *device)
{
    struct admin_call *call = context;
    struct broker *broker = call->admin->broker;

    if (device->removed) {
        return; /* only its code is kept, for when it comes back */
    }
    admin_open_row(call);
    admin_show_words(call, "code", device->code);
    admin_show_words(call, "name", device->name);
    admin_show_text(call, "serial", device->serial);
    admin_show_flag(call, "loggedIn", device->user != 0);
    if (broker != NULL) {
        admin_show_flag(call, "connected", presence_has_device(&broker->presence, device->id));
    }
    admin_show_time(call, "created", device->created_ms);
    admin_show_time(call, "lastSeen", device->seen_ms);
    admin_show_time(call, "credential", device->has_credential ? device->credential_ms : 0);
    admin_close_row(call);
}

static enum fail list_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    (void)argument;
    return read_device_rows(tx, call->business, show_row, call);
}

static bool list(struct admin_call *call)
{
    admin_refresh(call);
    return admin_business(call) && admin_list(call, list_run);
}

struct found {
    char code[CODE_SIZE];
    struct device device;
};

static enum fail find_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    struct found *found = argument;

    return store_device_by_code(tx, call->business, found->code, &found->device);
}

/* The device whose code is the value of `option`, after admin_business. */
static bool find_by(struct admin_call *call, const char *option, struct device *device)
{
    struct found found = {0};
    enum fail fail;

    if (!code_read(admin_option(call, option), found.code)) {
        return admin_refuse(call, "a device code is four of A-Z and 0-9");
    }
    fail = admin_read(call, find_run, &found);
    if (fail == FAIL_NOT_FOUND) {
        return admin_refuse(call, "business %lld has no device with code %s",
                            (long long)call->business, found.code);
    }
    *device = found.device;
    return fail == FAIL_NONE || admin_refuse_fail(call, fail);
}

/* The device that the argument names. */
static bool find(struct admin_call *call, struct device *device)
{
    if (!admin_business(call) || !find_by(call, "code", device)) {
        return false;
    }
    (void)text_format(call->subject, sizeof(call->subject), "device %s", device->code);
    return true;
}

static bool show_now(struct admin_call *call)
{
    struct device device = {0};

    if (!find(call, &device)) {
        return false;
    }
    show_row(call, &device);
    return true;
}

static bool show(struct admin_call *call)
{
    admin_refresh(call);
    return show_now(call);
}

static bool show_code(struct admin_call *call, const struct device *device)
{
    admin_open_row(call);
    admin_show_text(call, "code", device->code);
    admin_close_row(call);
    return true;
}

/* --- set ------------------------------------------------------------------------- */

static enum fail set_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    const struct device *device = argument;

    return store_device_set_name(tx, call->business, device->id, device->name);
}

static bool set(struct admin_call *call)
{
    struct device device = {0};
    enum fail fail;

    if (!find(call, &device) ||
        !admin_text(call, "name", account_name_problem, device.name, sizeof(device.name))) {
        return false;
    }
    fail = admin_write(call, set_run, &device);
    if (fail != FAIL_NONE) {
        return admin_refuse_fail(call, fail);
    }
    return show_now(call);
}

/* --- revoke, rotate: the credential ---------------------------------------------- */

struct revocation {
    struct device device;
    struct payment_row open; /* its payment that is not final; id 0: none */
};

static enum fail revoke_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    struct revocation *revocation = argument;
    enum fail fail =
        store_payment_open(tx, call->business, revocation->device.id, &revocation->open);

    if (fail != FAIL_NONE && fail != FAIL_NOT_FOUND) {
        return fail;
    }
    return store_device_revoke(tx, call->business, revocation->device.id);
}

/* Law 6: what the retired credential is still good for. */
static void revoked_show(struct admin_call *call, const struct revocation *revocation)
{
    const struct payment_row *open = &revocation->open;

    admin_open_row(call);
    admin_show_text(call, "code", revocation->device.code);
    if (open->id != 0) {
        admin_show_number(call, "openPayment", open->id);
        admin_show_text(call, "next",
                        open->payment.authority == AUTHORITY_SERVER
                            ? "that payment is not final: nobody can log in on this terminal until "
                              "it has ended, which it does by itself in about two minutes"
                            : "that payment is not final: its terminal can still report a card "
                              "that it took, and nothing else; nobody can log in on it until the "
                              "payment has ended. It is unknown within three minutes: then end it "
                              "with 'payment resolve', if the terminal does not");
    }
    admin_close_row(call);
}

static bool revoke(struct admin_call *call)
{
    struct broker *broker = call->admin->broker;
    struct revocation revocation = {0};
    const struct device *device = &revocation.device;
    enum fail fail;

    if (!find(call, &revocation.device)) {
        return false;
    }
    if (!device->has_credential) {
        return admin_refuse(call, "%s has no credential: somebody must log in on it anyway",
                            device->code);
    }
    fail = admin_write(call, revoke_run, &revocation);
    if (fail != FAIL_NONE) {
        return admin_refuse_fail(call, fail);
    }
    if (broker != NULL) {
        broker_device_revoked(broker, call->business, device->id);
    }
    revoked_show(call, &revocation);
    return true;
}

static enum fail rotate_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    const struct device *device = argument;

    return store_device_renew(tx, call->business, device->id);
}

static bool rotate(struct admin_call *call)
{
    struct broker *broker = call->admin->broker;
    struct device device = {0};
    enum fail fail;

    if (!find(call, &device)) {
        return false;
    }
    fail = admin_write(call, rotate_run, &device);
    if (fail == FAIL_NOT_FOUND) {
        return admin_refuse(call,
                            "%s has no credential; its terminal gets one when somebody logs "
                            "in on it with e-mail and password",
                            device.code);
    }
    if (fail != FAIL_NONE) {
        return admin_refuse_fail(call, fail);
    }
    if (broker != NULL) {
        broker_device_moved(broker, call->business, device.id);
    }
    return show_code(call, &device);
}

/* --- replace ----------------------------------------------------------------------- */

/* --with names a terminal that is registered, --serial any. */
static bool comer_read(struct admin_call *call, const struct device *broken,
                       char serial[ACCOUNT_SERIAL_SIZE])
{
    struct device comer = {0};

    if (admin_given(call, "with") == admin_given(call, "serial")) {
        return admin_refuse(call,
                            "say which terminal takes the place of %s: --with CODE for one "
                            "that is registered, or --serial S for one that is to log in",
                            broken->code);
    }
    if (admin_given(call, "with")) {
        return find_by(call, "with", &comer) &&
               text_format(serial, ACCOUNT_SERIAL_SIZE, "%s", comer.serial);
    }
    return admin_text(call, "serial", account_serial_problem, serial, ACCOUNT_SERIAL_SIZE);
}

struct swap {
    struct store_replacement to;
    struct payment_row open; /* of FAIL_BUSY: what stands against it */
};

/* FAIL_BUSY when a payment of this device is not final: who began it must be
 * able to say what became of it, and says so under this device. */
static enum fail open_payment_forbid(struct swap *swap, struct store_tx *tx, int64_t device)
{
    enum fail fail = store_payment_open(tx, swap->to.business, device, &swap->open);

    if (fail == FAIL_NOT_FOUND) {
        return FAIL_NONE;
    }
    return fail == FAIL_NONE ? FAIL_BUSY : fail;
}

/* Which device the comer was is known only then; a failure undoes it all. */
static enum fail replace_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    struct swap *swap = argument;
    enum fail fail = store_device_replace(tx, &swap->to);

    (void)call;
    if (fail == FAIL_NONE) {
        fail = open_payment_forbid(swap, tx, swap->to.device);
    }
    if (fail == FAIL_NONE && swap->to.other != 0) {
        fail = open_payment_forbid(swap, tx, swap->to.other);
    }
    return fail;
}

static bool refuse_swap(struct admin_call *call, const struct payment_row *open)
{
    char amount[MONEY_SIZE];

    money_show(open->amount_minor, amount);
    if (open->payment.state == PAYMENT_UNKNOWN) {
        return admin_refuse(call,
                            "%s has a payment of %s %s of which nobody knows what became of it; "
                            "say so first, with 'payment resolve %lld', and replace it then",
                            open->code, amount, open->currency, (long long)open->id);
    }
    return admin_refuse(call,
                        "%s has a payment of %s %s that is not final (number %lld, %s), and only "
                        "the terminal that began it can say what becomes of it; wait until it "
                        "has ended, which takes a few minutes at most, and replace it then",
                        open->code, amount, open->currency, (long long)open->id,
                        payment_state_name(open->payment.state, SCREEN_NONE));
}

static void replace_tell(struct admin_call *call, const struct store_replacement *replacement)
{
    struct broker_replacement told = {.business = replacement->business,
                                      .device = replacement->device,
                                      .other = replacement->other,
                                      .serial = replacement->serial};

    if (call->admin->broker != NULL) {
        broker_device_replaced(call->admin->broker, &told);
    }
}

static bool replace(struct admin_call *call)
{
    char serial[ACCOUNT_SERIAL_SIZE];
    struct device broken = {0};
    struct swap swap = {.to = {.serial = serial}};
    enum fail fail;

    if (!find(call, &broken) || !comer_read(call, &broken, serial)) {
        return false;
    }
    swap.to.business = call->business;
    swap.to.device = broken.id;
    (void)text_format(call->note, sizeof(call->note), "from %s to %s", broken.serial, serial);
    fail = admin_write(call, replace_run, &swap);
    if (fail == FAIL_CONFLICT) {
        return admin_refuse(call,
                            "the terminal %s is %s already; to give it a new credential use "
                            "'device rotate' or 'device revoke'",
                            serial, broken.code);
    }
    if (fail == FAIL_BUSY) {
        return refuse_swap(call, &swap.open);
    }
    if (fail != FAIL_NONE) {
        return admin_refuse_fail(call, fail);
    }
    replace_tell(call, &swap.to);
    admin_open_row(call);
    admin_show_text(call, "code", broken.code);
    admin_show_text(call, "serial", serial);
    if (swap.to.other != 0) {
        admin_show_text(call, "next", "the terminal connects again by itself and shows this code");
    } else {
        admin_show_text(call, "next", "log in on that terminal, and it shows this code");
    }
    admin_close_row(call);
    return true;
}

/* --- remove ------------------------------------------------------------------------ */

struct removal {
    struct device device;
    bool force;
    bool was_open;              /* it had a payment that was not final */
    struct payment_row open;    /* where it is not forced: that payment */
    struct payment_after after; /* where it is */
};

/* A payment that is not final stays unknown, or keeps its device (architecture.md,
 * Law 6). */
static enum fail open_payment_leave(struct removal *removal, struct store_tx *tx)
{
    const struct device *device = &removal->device;
    enum fail fail;

    if (removal->force) {
        fail = payment_device_removed(tx, device->business, device->id, clock_wall_ms(),
                                      &removal->after);
    } else {
        fail = store_payment_open(tx, device->business, device->id, &removal->open);
    }
    removal->was_open = fail == FAIL_NONE;
    if (removal->was_open && !removal->force) {
        return FAIL_BUSY;
    }
    return fail == FAIL_NOT_FOUND ? FAIL_NONE : fail;
}

/* An offer that nobody has seen ends with its device; a sale does not. */
static bool is_left_unknown(const struct removal *removal)
{
    return removal->was_open && removal->after.told.row.payment.state == PAYMENT_UNKNOWN;
}

static enum fail remove_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    struct removal *removal = argument;
    enum fail fail = open_payment_leave(removal, tx);

    if (fail == FAIL_NONE && is_left_unknown(removal)) {
        (void)text_format(call->note, sizeof(call->note), "payment %lld stays unknown",
                          (long long)removal->after.told.row.id);
    }
    return fail == FAIL_NONE ? store_device_remove(tx, call->business, removal->device.id) : fail;
}

static enum fail open_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    (void)call;
    return open_payment_leave(argument, tx);
}

static bool refuse_open(struct admin_call *call, const struct removal *removal)
{
    const struct payment_row *open = &removal->open;
    char amount[MONEY_SIZE];

    money_show(open->amount_minor, amount);
    if (open->payment.state == PAYMENT_UNKNOWN) {
        return admin_refuse(call,
                            "%s has a payment of %s %s of which nobody knows what became of it; "
                            "say so first, with 'payment resolve %lld', or say --force: then it "
                            "stays unknown until you do",
                            removal->device.code, amount, open->currency, (long long)open->id);
    }
    return admin_refuse(call,
                        "%s has a payment of %s %s that is not final (number %lld, %s); let it "
                        "end first, or say --force: then it stays unknown until you say, with "
                        "'payment resolve %lld', what became of it",
                        removal->device.code, amount, open->currency, (long long)open->id,
                        payment_state_name(open->payment.state, SCREEN_NONE), (long long)open->id);
}

static void removed_show(struct admin_call *call, const struct removal *removal)
{
    admin_open_row(call);
    admin_show_text(call, "code", removal->device.code);
    if (is_left_unknown(removal)) {
        admin_show_number(call, "unknownPayment", removal->after.told.row.id);
    }
    admin_close_row(call);
}

static bool remove_device(struct admin_call *call)
{
    struct broker *broker = call->admin->broker;
    struct removal removal = {.force = admin_given(call, "force")};
    enum fail fail;

    if (!find(call, &removal.device)) {
        return false;
    }
    fail = removal.force ? FAIL_NONE : admin_read(call, open_run, &removal);
    if (fail == FAIL_NONE && broker != NULL && !removal.force &&
        presence_has_device(&broker->presence, removal.device.id)) {
        return admin_refuse(call, "%s is connected; switch it off first, or say --force",
                            removal.device.code);
    }
    if (fail == FAIL_NONE) {
        fail = admin_write(call, remove_run, &removal);
    }
    if (fail == FAIL_BUSY) {
        return refuse_open(call, &removal);
    }
    if (fail != FAIL_NONE) {
        return admin_refuse_fail(call, fail);
    }
    if (removal.was_open) {
        payment_after(broker, &removal.after);
    }
    if (broker != NULL) {
        broker_device_removed(broker, call->business, removal.device.id);
    }
    removed_show(call, &removal);
    return true;
}

const struct admin_noun device_noun = {"device",
                                       {{"add", add},
                                        {"list", list},
                                        {"show", show},
                                        {"set", set},
                                        {"revoke", revoke},
                                        {"rotate", rotate},
                                        {"replace", replace},
                                        {"remove", remove_device}}};

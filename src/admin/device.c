/* admin device. */
#include "admin/call.h"
#include "broker/broker.h"
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
    admin_show_text(call, "code", device->code[0] == '\0' ? NULL : device->code);
    admin_show_text(call, "name", device->name[0] == '\0' ? NULL : device->name);
    admin_show_text(call, "serial", device->serial);
    admin_show_flag(call, "loggedIn", device->user != 0);
    if (broker != NULL) {
        admin_show_flag(call, "connected", presence_has_device(&broker->presence, device->id));
    }
    admin_show_time(call, "created", device->created_ms);
    admin_close_row(call);
}

static enum fail list_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    (void)argument;
    return read_device_rows(tx, call->business, show_row, call);
}

static bool list(struct admin_call *call)
{
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

static bool find(struct admin_call *call, struct device *device)
{
    struct found found = {0};
    enum fail fail;

    if (!admin_business(call)) {
        return false;
    }
    if (!code_read(admin_option(call, "code"), found.code)) {
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

static bool show(struct admin_call *call)
{
    struct device device = {0};

    if (!find(call, &device)) {
        return false;
    }
    show_row(call, &device);
    return true;
}

/* --- set, remove ----------------------------------------------------------------- */

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
    return show(call);
}

static enum fail remove_run(struct admin_call *call, void *argument, struct store_tx *tx)
{
    const struct device *device = argument;

    return store_device_remove(tx, call->business, device->id);
}

static bool remove_device(struct admin_call *call)
{
    struct device device = {0};
    enum fail fail;

    if (!find(call, &device)) {
        return false;
    }
    fail = admin_write(call, remove_run, &device);
    if (fail != FAIL_NONE) {
        return admin_refuse_fail(call, fail);
    }
    if (call->admin->broker != NULL) {
        broker_device_removed(call->admin->broker, call->business, device.id);
    }
    admin_open_row(call);
    admin_show_text(call, "code", device.code);
    admin_close_row(call);
    return true;
}

const struct admin_verbs device_verbs = {
    .add = add, .list = list, .show = show, .set = set, .remove = remove_device};

/* Rules for names, addresses, passwords and PINs. */
#include "core/account.h"

#include <assert.h>
#include <string.h>

const char *account_name_problem(struct slice name)
{
    if (name.length == 0 || !slice_is_utf8(name) || slice_has_control(name) ||
        slice_code_points(name) > ACCOUNT_NAME_MAX || slice_trim(name).length != name.length) {
        return "a name has 1 to 80 characters, no control characters, and no blanks at its ends";
    }
    return NULL;
}

const char *account_email_problem(struct slice email)
{
    const char *at = email.length == 0 ? NULL : memchr(email.bytes, '@', email.length);

    if (at == NULL || at == email.bytes || at == email.bytes + email.length - 1 ||
        email.length > ACCOUNT_EMAIL_MAX || !slice_is_visible_ascii(email) ||
        memchr(at + 1, '@', email.length - (size_t)(at - email.bytes) - 1) != NULL) {
        return "an e-mail address looks like name@example.com, at most 254 ASCII characters";
    }
    return NULL;
}

const char *account_password_problem(struct slice password)
{
    if (!slice_is_utf8(password) || slice_has_control(password) ||
        slice_code_points(password) < ACCOUNT_PASSWORD_MIN ||
        password.length > ACCOUNT_PASSWORD_MAX) {
        return "a password has at least 8 characters, at most 256 bytes, and no control characters";
    }
    return NULL;
}

const char *account_pin_problem(struct slice pin)
{
    size_t i;

    for (i = 0; i < pin.length; i++) {
        if (pin.bytes[i] < '0' || pin.bytes[i] > '9') {
            return "a PIN has 4 to 8 digits";
        }
    }
    if (pin.length < ACCOUNT_PIN_MIN || pin.length > ACCOUNT_PIN_MAX) {
        return "a PIN has 4 to 8 digits";
    }
    return NULL;
}

static bool is_serial_character(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

const char *account_serial_problem(struct slice serial)
{
    size_t i;

    for (i = 0; i < serial.length; i++) {
        if (!is_serial_character(serial.bytes[i])) {
            return "a serial number has 1 to 64 of A-Z a-z 0-9 . _ -";
        }
    }
    if (serial.length == 0 || serial.length > ACCOUNT_SERIAL_MAX) {
        return "a serial number has 1 to 64 of A-Z a-z 0-9 . _ -";
    }
    return NULL;
}

const char *account_currency_problem(struct slice currency)
{
    if (!slice_is(currency, "CAD") && !slice_is(currency, "USD")) {
        return "the currency is CAD or USD";
    }
    return NULL;
}

const char *account_role_name(enum account_role role)
{
    return role == ROLE_ADMINISTRATOR ? "administrator" : "cashier";
}

bool account_role_read(struct slice word, enum account_role *out)
{
    if (slice_is(word, "administrator")) {
        *out = ROLE_ADMINISTRATOR;
        return true;
    }
    if (slice_is(word, "cashier")) {
        *out = ROLE_CASHIER;
        return true;
    }
    return false;
}

void account_email_fold(struct slice email, char out[ACCOUNT_EMAIL_SIZE])
{
    size_t i;

    assert(email.length <= ACCOUNT_EMAIL_MAX);
    for (i = 0; i < email.length; i++) {
        out[i] = text_lower(email.bytes[i]);
    }
    out[email.length] = '\0';
}

/* The table of a terminal's connection. */
#include "core/device.h"

#include <assert.h>

enum { REFUSED = DEVICE_STATES };

/* clang-format off */
/* NEXT[state][event] is the state after it, or REFUSED. */
static const unsigned char NEXT[DEVICE_STATES][DEVICE_EVENTS] = {
#define R REFUSED
#define NEW DEVICE_NEW
#define CHK DEVICE_CHECKING
#define OUT DEVICE_LOGGED_OUT
#define LIN DEVICE_LOGGING_IN
#define REG DEVICE_REGISTERED
#define RDY DEVICE_READY
#define LOU DEVICE_LOGGING_OUT
#define GON DEVICE_GONE
    /*                      HELLO LOG_IN LOG_OUT CONT SHOWN BYE  OFFER PAY  KNOWN UNKNOWN LEFT USER CLOSED */
    [DEVICE_NEW]         = {CHK,  R,     R,      R,   R,    R,   R,    R,   R,    R,      R,   NEW, GON},
    [DEVICE_CHECKING]    = {R,    R,     R,      R,   R,    GON, R,    R,   REG,  OUT,    R,   CHK, GON},
    [DEVICE_LOGGED_OUT]  = {R,    LIN,   OUT,    OUT, OUT,  GON, OUT,  OUT, R,    R,      R,   OUT, GON},
    [DEVICE_LOGGING_IN]  = {R,    R,     R,      R,   LIN,  GON, LIN,  LIN, REG,  OUT,    R,   LIN, GON},
    [DEVICE_REGISTERED]  = {R,    R,     LOU,    RDY, REG,  GON, R,    REG, R,    R,      R,   OUT, GON},
    [DEVICE_READY]       = {R,    R,     LOU,    RDY, RDY,  GON, RDY,  RDY, R,    R,      R,   OUT, GON},
    [DEVICE_LOGGING_OUT] = {R,    R,     LOU,    LOU, LOU,  GON, LOU,  LOU, R,    R,      OUT, LOU, GON},
    [DEVICE_GONE]        = {GON,  GON,   GON,    GON, GON,  GON, GON,  GON, GON,  GON,    GON, GON, GON},
#undef R
#undef NEW
#undef CHK
#undef OUT
#undef LIN
#undef REG
#undef RDY
#undef LOU
#undef GON
};
/* clang-format on */

/* A log-out or Continue in DEVICE_LOGGED_OUT crossed with an administrator's
 * removal of the user: the terminal could not know yet. Likewise what it says
 * of a payment; results count even then. */

bool device_expects(enum device_state state, enum device_event event)
{
    assert(state < DEVICE_STATES && event < DEVICE_EVENTS);
    return NEXT[state][event] != REFUSED;
}

bool device_step(enum device_state *state, enum device_event event)
{
    if (!device_expects(*state, event)) {
        return false;
    }
    *state = (enum device_state)NEXT[*state][event];
    return true;
}

bool device_is_registered(enum device_state state)
{
    return state == DEVICE_REGISTERED || state == DEVICE_READY;
}

const char *device_state_name(enum device_state state)
{
    static const char *const NAMES[DEVICE_STATES] = {
        [DEVICE_NEW] = "new",
        [DEVICE_CHECKING] = "checking",
        [DEVICE_LOGGED_OUT] = "logged_out",
        [DEVICE_LOGGING_IN] = "logging_in",
        [DEVICE_REGISTERED] = "registered",
        [DEVICE_READY] = "ready",
        [DEVICE_LOGGING_OUT] = "logging_out",
        [DEVICE_GONE] = "gone",
    };

    assert(state < DEVICE_STATES);
    return NAMES[state];
}

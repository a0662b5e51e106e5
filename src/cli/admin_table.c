/* The tables of tillwire admin: nouns, their verbs, and the options of each. */
#include "cli/admin.h"
#include "cli/chapters.h"

#define BUSINESS_OPTION                                                                            \
    {                                                                                              \
        .name = "business", .value = "ID",                                                         \
        .help = "of this business; not needed when there is one"                                   \
    }
#define PRESET_OPTION                                                                              \
    {                                                                                              \
        .name = "preset", .choices = "helcim|none",                                                \
        .help = "whether it has Helcim's own limits and rules"                                     \
    }
#define RATE_OPTION                                                                                \
    {                                                                                              \
        .name = "rate-limits", .value = "LIMITS",                                                  \
        .help = "default, off, or calls at once,a minute,an hour: 5,100,3000"                      \
    }
#define EXPIRES_OPTION                                                                             \
    {                                                                                              \
        .name = "expires", .value = "DATE",                                                        \
        .help = "never, 2027-01-31 (0:00 UTC), or 2027-01-31T18:00:00Z"                            \
    }
#define LIMIT_OPTION(most)                                                                         \
    {                                                                                              \
        .name = "limit", .value = "N", .help = "the last N: 1 to " most ", 100 if not told"        \
    }
#define PROCESSOR_OPTION                                                                           \
    {                                                                                              \
        .name = "processor", .choices = "test|device",                                             \
        .help = "who approves payments: the test table, or the terminal itself"                    \
    }
#define ACCESS "none|read|write"
#define PROCESSING "none|auth|positive|admin"

static const struct cli_argument ID_ARGUMENT[] = {{"ID", "its number, as 'list' shows it"}};
static const struct cli_argument CODE_ARGUMENT[] = {{"CODE", "its device code"}};

static const struct cli_option HERE_OPTIONS[] = {CLI_ADMIN_DATA, CLI_ADMIN_JSON};
static const struct cli_option PLACE_OPTIONS[] = {BUSINESS_OPTION, CLI_ADMIN_DATA, CLI_ADMIN_JSON};

/* --- business --------------------------------------------------------- */

static const struct cli_option BUSINESS_ADD[] = {
    {.name = "name", .value = "N", .help = "1 to 80 characters", .required = true},
    {.name = "currency", .choices = "CAD|USD", .help = "of all its payments", .required = true},
    {.name = "api-mode", .choices = "on|off", .help = "whether its terminals listen to the API"},
    PRESET_OPTION,
    RATE_OPTION,
    PROCESSOR_OPTION,
    CLI_ADMIN_DATA,
    CLI_ADMIN_JSON,
};
static const struct cli_option BUSINESS_SET[] = {
    {.name = "name", .value = "N", .help = "1 to 80 characters"},
    {.name = "api-mode", .choices = "on|off", .help = "whether its terminals listen to the API"},
    PRESET_OPTION,
    RATE_OPTION,
    PROCESSOR_OPTION,
    CLI_ADMIN_DATA,
    CLI_ADMIN_JSON,
};
static const struct cli_option BUSINESS_REMOVE[] = {
    {.name = "force", .help = "also with users, tokens and devices"},
    CLI_ADMIN_DATA,
    CLI_ADMIN_JSON,
};

/* --- user ------------------------------------------------------------- */

static const struct cli_option USER_ADD[] = {
    BUSINESS_OPTION,
    {.name = "name", .value = "N", .help = "1 to 80 characters", .required = true},
    {.name = "email", .value = "E-MAIL", .help = "with which to log in", .required = true},
    {.name = "password", .value = "P", .help = "at least 8 characters; others here can see it"},
    {.name = "password-stdin", .help = "take it from the first line of standard input"},
    {.name = "pin", .value = "PIN", .help = "4 to 8 digits, for terminals that know the business"},
    {.name = "role",
     .choices = "administrator|cashier",
     .help = "what they may do",
     .required = true},
    CLI_ADMIN_DATA,
    CLI_ADMIN_JSON,
};
static const struct cli_option USER_SET[] = {
    BUSINESS_OPTION,
    {.name = "name", .value = "N", .help = "1 to 80 characters"},
    {.name = "email", .value = "E-MAIL", .help = "with which to log in"},
    {.name = "password", .value = "P", .help = "at least 8 characters; others here can see it"},
    {.name = "password-stdin", .help = "take it from the first line of standard input"},
    {.name = "pin", .value = "PIN", .help = "4 to 8 digits, for terminals that know the business"},
    {.name = "role", .choices = "administrator|cashier", .help = "what they may do"},
    CLI_ADMIN_DATA,
    CLI_ADMIN_JSON,
};

/* --- token ------------------------------------------------------------ */

static const struct cli_option TOKEN_ADD[] = {
    BUSINESS_OPTION,
    {.name = "name", .value = "N", .help = "1 to 80 characters", .required = true},
    {.name = "general", .choices = ACCESS, .help = "general access", .required = true},
    {.name = "settings", .choices = ACCESS, .help = "access to settings", .required = true},
    {.name = "processing", .choices = PROCESSING, .help = "access to payments", .required = true},
    EXPIRES_OPTION,
    CLI_ADMIN_DATA,
    CLI_ADMIN_JSON,
};
static const struct cli_option TOKEN_SET[] = {
    BUSINESS_OPTION,
    {.name = "name", .value = "N", .help = "1 to 80 characters"},
    {.name = "general", .choices = ACCESS, .help = "general access"},
    {.name = "settings", .choices = ACCESS, .help = "access to settings"},
    {.name = "processing", .choices = PROCESSING, .help = "access to payments"},
    EXPIRES_OPTION,
    CLI_ADMIN_DATA,
    CLI_ADMIN_JSON,
};
/* Of an api-token, and of a webhook's verifier token. */
static const struct cli_option ROTATE[] = {
    BUSINESS_OPTION,
    {.name = "grace",
     .value = "HOURS",
     .help = "how long the old token stays good: 24 if not told, 0 for not at all"},
    CLI_ADMIN_DATA,
    CLI_ADMIN_JSON,
};

/* --- device ----------------------------------------------------------- */

static const struct cli_option DEVICE_SET[] = {
    BUSINESS_OPTION,
    {.name = "name", .value = "N", .help = "1 to 80 characters", .required = true},
    CLI_ADMIN_DATA,
    CLI_ADMIN_JSON,
};

static const struct cli_option DEVICE_REPLACE[] = {
    BUSINESS_OPTION,
    {.name = "with", .value = "CODE", .help = "by this terminal, which is registered"},
    {.name = "serial", .value = "S", .help = "by the terminal with this serial number"},
    CLI_ADMIN_DATA,
    CLI_ADMIN_JSON,
};
static const struct cli_option DEVICE_REMOVE[] = {
    BUSINESS_OPTION,
    {.name = "force", .help = "also while it is connected, or has a payment under way"},
    CLI_ADMIN_DATA,
    CLI_ADMIN_JSON,
};

/* --- payment ---------------------------------------------------------- */

static const struct cli_option PAYMENT_LIST[] = {
    BUSINESS_OPTION,      {.name = "open", .help = "only those that are not final"},
    LIMIT_OPTION("1000"), CLI_ADMIN_DATA,
    CLI_ADMIN_JSON,
};
static const struct cli_option PAYMENT_RESOLVE[] = {
    BUSINESS_OPTION,
    {.name = "as",
     .choices = "approved|declined|cancelled",
     .help = "what became of it at the terminal",
     .required = true},
    CLI_ADMIN_DATA,
    CLI_ADMIN_JSON,
};

/* --- webhook ---------------------------------------------------------- */

static const struct cli_argument DELIVERY_ARGUMENT[] = {
    {"ID", "its number, as 'webhook deliveries' shows it"}};

static const struct cli_option WEBHOOK_SET[] = {
    BUSINESS_OPTION,
    {.name = "url", .value = "URL", .help = "where events go: https, a host of the Internet"},
    {.name = "events",
     .value = "EVENTS",
     .help = "cardTransaction,terminalCancel (both if not told), or one"},
    CLI_ADMIN_DATA,
    CLI_ADMIN_JSON,
};
static const struct cli_option WEBHOOK_DELIVERIES[] = {
    BUSINESS_OPTION,
    {.name = "state", .choices = "waiting|delivered|dead", .help = "only those"},
    LIMIT_OPTION("1000"),
    CLI_ADMIN_DATA,
    CLI_ADMIN_JSON,
};
static const struct cli_option WEBHOOK_RESEND[] = {
    BUSINESS_OPTION,
    {.name = "dead", .help = "all that are dead, instead of one"},
    CLI_ADMIN_DATA,
    CLI_ADMIN_JSON,
};

/* --- audit ------------------------------------------------------------ */

static const struct cli_option AUDIT_LIST[] = {
    {.name = "business", .value = "ID", .help = "of this business alone"},
    LIMIT_OPTION("10000"),
    CLI_ADMIN_DATA,
    CLI_ADMIN_JSON,
};

/* --- The commands ----------------------------------------------------- */

#define RUN .run = cli_admin_run

static const struct cli_command COMMANDS[] = {
    {.path = "admin business add",
     .summary = "Add a business",
     .example = "tillwire admin business add --name \"Main Street Shop\" --currency CAD\n",
     CLI_OPTIONS(BUSINESS_ADD),
     RUN},
    {.path = "admin business list",
     .summary = "List the businesses",
     .example = "tillwire admin business list\n",
     CLI_OPTIONS(HERE_OPTIONS),
     RUN},
    {.path = "admin business show",
     .summary = "Show one business",
     .example = "tillwire admin business show 1\n",
     CLI_ARGUMENTS(ID_ARGUMENT),
     CLI_OPTIONS(HERE_OPTIONS),
     RUN},
    {.path = "admin business set",
     .summary = "Change a business: its name, API mode, preset, limits or processor",
     .text = "With API mode off its terminals get no device code, no pings and no payments.\n"
             "The processor is test (the cents of the amount decide: .55 is declined) or\n"
             "device (the terminal's own certified application); it holds for new payments.\n",
     .example = "tillwire admin business set 1 --api-mode off\n",
     CLI_ARGUMENTS(ID_ARGUMENT),
     CLI_OPTIONS(BUSINESS_SET),
     RUN},
    {.path = "admin business remove",
     .summary = "Remove a business",
     .example = "tillwire admin business remove 1 --force\n",
     CLI_ARGUMENTS(ID_ARGUMENT),
     CLI_OPTIONS(BUSINESS_REMOVE),
     RUN},

    {.path = "admin user add",
     .summary = "Add a user, who can then log in on terminals",
     .example = "tillwire admin user add --name Ana --email ana@example.com \\\n"
                "    --password-stdin --pin 4711 --role cashier < password.txt\n",
     CLI_OPTIONS(USER_ADD),
     RUN},
    {.path = "admin user list",
     .summary = "List the users of a business",
     .example = "tillwire admin user list --business 1\n",
     CLI_OPTIONS(PLACE_OPTIONS),
     RUN},
    {.path = "admin user show",
     .summary = "Show one user",
     .example = "tillwire admin user show 2\n",
     CLI_ARGUMENTS(ID_ARGUMENT),
     CLI_OPTIONS(PLACE_OPTIONS),
     RUN},
    {.path = "admin user set",
     .summary = "Change a user",
     .example = "tillwire admin user set 2 --role administrator\n",
     CLI_ARGUMENTS(ID_ARGUMENT),
     CLI_OPTIONS(USER_SET),
     RUN},
    {.path = "admin user remove",
     .summary = "Remove a user, and log them out of every terminal",
     .example = "tillwire admin user remove 2\n",
     CLI_ARGUMENTS(ID_ARGUMENT),
     CLI_OPTIONS(PLACE_OPTIONS),
     RUN},

    {.path = "admin token add",
     .summary = "Make an api-token",
     .text = "The token is shown once, now: only its hash is stored.\n"
             "A token that pings and takes payments needs --processing positive; one that\n"
             "lists devices needs --general read and --settings read.\n",
     .example = "tillwire admin token add --name \"Till software\" --general read \\\n"
                "    --settings read --processing positive\n",
     CLI_OPTIONS(TOKEN_ADD),
     RUN},
    {.path = "admin token list",
     .summary = "List the api-tokens of a business",
     .example = "tillwire admin token list\n",
     CLI_OPTIONS(PLACE_OPTIONS),
     RUN},
    {.path = "admin token show",
     .summary = "Show what an api-token may do",
     .example = "tillwire admin token show 1\n",
     CLI_ARGUMENTS(ID_ARGUMENT),
     CLI_OPTIONS(PLACE_OPTIONS),
     RUN},
    {.path = "admin token set",
     .summary = "Change the name, the permissions or the end of an api-token",
     .example = "tillwire admin token set 1 --processing none\n",
     CLI_ARGUMENTS(ID_ARGUMENT),
     CLI_OPTIONS(TOKEN_SET),
     RUN},
    {.path = "admin token rotate",
     .summary = "Give an api-token a new secret, beside the old one for a while",
     .text = "The new token is shown once, now. Put it into the point of sale before the old\n"
             "one ends. Another rotation ends the older one at once.\n",
     .example = "tillwire admin token rotate 1 --grace 48\n",
     CLI_ARGUMENTS(ID_ARGUMENT),
     CLI_OPTIONS(ROTATE),
     RUN},
    {.path = "admin token remove",
     .summary = "Revoke an api-token",
     .example = "tillwire admin token remove 1\n",
     CLI_ARGUMENTS(ID_ARGUMENT),
     CLI_OPTIONS(PLACE_OPTIONS),
     RUN},

    {.path = "admin device list",
     .summary = "List the terminals of a business",
     .text = "There is no 'add': a terminal registers itself when someone logs in on it.\n",
     .example = "tillwire admin device list\n",
     CLI_OPTIONS(PLACE_OPTIONS),
     RUN},
    {.path = "admin device show",
     .summary = "Show one terminal",
     .example = "tillwire admin device show JSV5\n",
     CLI_ARGUMENTS(CODE_ARGUMENT),
     CLI_OPTIONS(PLACE_OPTIONS),
     RUN},
    {.path = "admin device set",
     .summary = "Name a terminal",
     .example = "tillwire admin device set JSV5 --name \"Front counter\"\n",
     CLI_ARGUMENTS(CODE_ARGUMENT),
     CLI_OPTIONS(DEVICE_SET),
     RUN},
    {.path = "admin device revoke",
     .summary = "Retire a terminal's credential: somebody must log in on it anew",
     .text = "For a terminal that was lost or copied. Its code and name stay; a log-in needs\n"
             "e-mail and password.\n",
     .example = "tillwire admin device revoke JSV5\n",
     CLI_ARGUMENTS(CODE_ARGUMENT),
     CLI_OPTIONS(PLACE_OPTIONS),
     RUN},
    {.path = "admin device rotate",
     .summary = "Give a terminal a new credential; nobody needs to log in",
     .text = "It connects again by itself for it; if it is off now, when it is next on.\n",
     .example = "tillwire admin device rotate JSV5\n",
     CLI_ARGUMENTS(CODE_ARGUMENT),
     CLI_OPTIONS(PLACE_OPTIONS),
     RUN},
    {.path = "admin device replace",
     .summary = "Put another terminal in a broken one's place, with its code and name",
     .text = "With --serial the terminal need not be known yet: it becomes this device when\n"
             "somebody logs in on it.\n",
     .example = "tillwire admin device replace JSV5 --with K3MT\n"
                "tillwire admin device replace JSV5 --serial TW-000123\n",
     CLI_ARGUMENTS(CODE_ARGUMENT),
     CLI_OPTIONS(DEVICE_REPLACE),
     RUN},
    {.path = "admin device remove",
     .summary = "Remove a terminal: it is logged out, and its credential is retired",
     .text = "Nobody else gets its code. The same terminal gets it back when somebody logs in on\n"
             "it with e-mail and password. One with a payment that is not final is not removed;\n"
             "with --force it is, and that payment stays unknown until you resolve it.\n",
     .example = "tillwire admin device remove JSV5\n",
     CLI_ARGUMENTS(CODE_ARGUMENT),
     CLI_OPTIONS(DEVICE_REMOVE),
     RUN},

    {.path = "admin payment list",
     .summary = "List the payments of a business, the newest last",
     .example = "tillwire admin payment list --open\n",
     CLI_OPTIONS(PAYMENT_LIST),
     RUN},
    {.path = "admin payment show",
     .summary = "Show a payment, its attempts and its events",
     .example = "tillwire admin payment show 12\n",
     CLI_ARGUMENTS(ID_ARGUMENT),
     CLI_OPTIONS(PLACE_OPTIONS),
     RUN},
    {.path = "admin payment resolve",
     .summary = "Say what became of a payment that is unknown",
     .text = "A payment is unknown when its terminal, which alone can say what became of it, was\n"
             "lost. Look at the terminal, or at the statement of its processor, before you say\n"
             "it: the transaction is recorded, the point of sale is told, and nothing can\n"
             "change it again.\n"
             "approved: the card was charged. declined: a card was refused. cancelled: the\n"
             "payment was given up before any card was charged.\n",
     .example = "tillwire admin payment resolve 12 --as cancelled\n",
     CLI_ARGUMENTS(ID_ARGUMENT),
     CLI_OPTIONS(PAYMENT_RESOLVE),
     RUN},

    {.path = "admin webhook set",
     .summary = "Send the events of a business to a URL",
     .text = "Prints the verifier token, with which the point of sale checks that a message comes\n"
             "from here. It stays the same when the URL or the events are changed.\n"
             "Only with the data of 'tillwire dev' may the URL be one of this machine.\n",
     .example = "tillwire admin webhook set --url https://shop.example.com/hook\n"
                "tillwire admin webhook set --events cardTransaction\n",
     CLI_OPTIONS(WEBHOOK_SET),
     RUN},
    {.path = "admin webhook show",
     .summary = "Show where events go, and the verifier token",
     .example = "tillwire admin webhook show\n",
     CLI_OPTIONS(PLACE_OPTIONS),
     RUN},
    {.path = "admin webhook rotate",
     .summary = "Make a new verifier token, beside the old one for a while",
     .text = "Until the grace ends every message is signed with both. Another rotation ends the\n"
             "older one at once.\n",
     .example = "tillwire admin webhook rotate --grace 48\n",
     CLI_OPTIONS(ROTATE),
     RUN},
    {.path = "admin webhook remove",
     .summary = "Send the events of a business nowhere",
     .text = "What was still waiting is dead then; once a webhook is set again, 'webhook resend\n"
             "--dead' sends it.\n",
     .example = "tillwire admin webhook remove\n",
     CLI_OPTIONS(PLACE_OPTIONS),
     RUN},
    {.path = "admin webhook deliveries",
     .summary = "List the events on their way to the webhook, the newest last",
     .text = "waiting: it is sent, or sent again, by itself. delivered: the webhook took it.\n"
             "dead: it was given up; 'webhook resend' sends it again.\n",
     .example = "tillwire admin webhook deliveries --state dead\n",
     CLI_OPTIONS(WEBHOOK_DELIVERIES),
     RUN},
    {.path = "admin webhook delivery",
     .summary = "Show one delivery, and what the webhook answered each time",
     .example = "tillwire admin webhook delivery 7\n",
     CLI_ARGUMENTS(DELIVERY_ARGUMENT),
     CLI_OPTIONS(PLACE_OPTIONS),
     RUN},
    {.path = "admin webhook resend",
     .summary = "Send a delivery again, or all that are dead",
     .example = "tillwire admin webhook resend 7\n"
                "tillwire admin webhook resend --dead\n",
     CLI_ARGUMENTS(DELIVERY_ARGUMENT),
     .argument_optional = true,
     CLI_OPTIONS(WEBHOOK_RESEND),
     RUN},

    {.path = "admin audit list",
     .summary = "List who changed what, the newest last",
     .example = "tillwire admin audit list --limit 20\n",
     CLI_OPTIONS(AUDIT_LIST),
     RUN},
};

const struct cli_chapter cli_admin_chapter = {COMMANDS, CLI_COUNT(COMMANDS)};

/* For script.c alone: what the options say. */
#ifndef TERMINAL_SCRIPT_CHECK_H
#define TERMINAL_SCRIPT_CHECK_H

#include <stdbool.h>

#include "core/account.h"
#include "net/tls.h"
#include "terminal/folder.h"
#include "terminal/person.h"
#include "terminal/script.h"
#include "wire/url.h"

/* One line to standard error. */
void script_complain(const char *text);

/* Reads the server's address; false, after a complaint, when something is wrong. */
bool script_check(const struct script_options *options, struct url *server);
/* Who stands in front of the terminals; false, after a complaint, when something
 * is wrong. */
bool script_find_person(const struct script_options *options, struct person *out);
/* What a connection to the server trusts; NULL when the server's url is not
 * secure. False, after a complaint, when something is wrong. */
bool script_make_tls(const struct script_options *options, const struct url *server,
                     struct tls_client **out);
/* The data directory; false, after a complaint, when there is none. */
bool script_find_directory(const struct script_options *options, char out[FOLDER_PATH_SIZE]);

/* The serial number that the options give to terminal `number` (0: the only
 * one); empty when they give none. False when it is not a serial number. */
bool script_name_serial(const struct script_options *options, unsigned number,
                        char out[ACCOUNT_SERIAL_SIZE]);
/* A new one: TW- and ten random characters. */
void script_make_serial(char out[ACCOUNT_SERIAL_SIZE]);

#endif

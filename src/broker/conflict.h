/* Two terminals that claim to be one: a copy of a terminal's memory is about,
 * or an old one was brought back.
 *
 * Seen where a credential that was dropped is shown again, and where
 * connections of one device take each other's place again and again. Each is
 * logged as device.conflict, counted, and written into the audit, at most once
 * a minute for a device. */
#ifndef BROKER_CONFLICT_H
#define BROKER_CONFLICT_H

#include <stdint.h>

#include "base/fail.h"
#include "base/metric.h"
#include "store/record.h"

struct broker;
struct conflict_table;
struct presence;

enum {
    CONFLICT_REPLACED_MAX = 3,   /* connections that were replaced within CONFLICT_WINDOW_MS */
    CONFLICT_DEVICES_MAX = 4096, /* watched at a time; then all are forgotten */
};
#define CONFLICT_WINDOW_MS (60LL * 1000)

/* Each that was told. */
extern struct counter conflict_old_credentials;
extern struct counter conflict_replacements;

MUST_CHECK enum fail conflict_table_create(struct conflict_table **out);
/* Accepts NULL; sets the pointer NULL. */
void conflict_table_destroy(struct conflict_table **table);

/* On loop `loop`: the credential that this device had before was shown. */
void conflict_old_credential(struct broker *broker, unsigned loop, const struct device *device);
/* On the loop of this connection: another one of the same device took its place. */
void conflict_replaced(struct broker *broker, const struct presence *presence);

#endif

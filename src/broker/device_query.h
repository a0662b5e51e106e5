/* Whether a business has a device of this code, connected or not. */
#ifndef BROKER_DEVICE_QUERY_H
#define BROKER_DEVICE_QUERY_H

#include <stdint.h>

#include "core/code.h"
#include "store/store.h"

struct broker;

/* Embedded in the caller's struct, which keeps it until `done`. */
struct device_query {
    /* in */
    int64_t business;
    char code[CODE_SIZE]; /* upper case */
    unsigned loop;
    /* FAIL_NONE, FAIL_NOT_FOUND (unknown and foreign alike: the same look-up),
     * or what kept the store from answering. */
    void (*done)(struct device_query *query, enum fail fail);
    /* out */
    int64_t created_ms;
    /* of the query */
    struct store_job job;
};
void device_query_start(struct broker *broker, struct device_query *query);

#endif

/* One loop of the server with everything that lives on it. */
#ifndef SERVER_NODE_H
#define SERVER_NODE_H

#include <pthread.h>
#include <stdbool.h>

#include "base/task.h"
#include "broker/broker.h"
#include "device/hub.h"
#include "net/listen.h"
#include "net/loop.h"
#include "net/serve.h"
#include "server/operations.h"

struct node {
    struct loop *loop;
    struct hub *hub;
    struct serve *serve;
    struct listener *listener;
    struct broker *broker;               /* borrowed */
    const struct operations *operations; /* borrowed */
    bool loopback_hosts_only;
    bool running; /* its thread was started */
    pthread_t thread;
    struct task stop;
};

#endif

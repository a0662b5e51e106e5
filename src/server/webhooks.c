/* The courier gets the poster as the client by which its posts leave. */
#include "server/webhooks.h"

#include "hook/courier.h"
#include "net/post.h"

static void send_post(void *context, struct post *post)
{
    poster_send(context, post);
}

enum fail webhooks_create(struct webhooks *webhooks, struct loop *loop, struct store *store,
                          bool to_loopback)
{
    struct poster_options poster = {.allow_loopback = to_loopback, .at_once = COURIER_POSTS_MAX};
    struct courier_options courier = {.loop = loop, .home = loop_executor(loop), .store = store};
    enum fail fail = poster_create(&webhooks->poster, &poster);

    if (fail != FAIL_NONE) {
        return fail;
    }
    courier.client = (struct courier_client){.send = send_post, .context = webhooks->poster};
    return courier_create(&webhooks->courier, &courier);
}

void webhooks_stop(struct webhooks *webhooks)
{
    poster_destroy(&webhooks->poster);
}

void webhooks_destroy(struct webhooks *webhooks)
{
    courier_destroy(&webhooks->courier);
}

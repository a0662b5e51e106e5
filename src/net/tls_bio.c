/* A BIO of our own: four functions over struct tls_bio. */
#include "net/tls_bio.h"

#include <pthread.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static BIO_METHOD *method; /* for the life of the process */

static int bio_read(BIO *bio, char *out, int size)
{
    struct tls_bio *source = BIO_get_data(bio);
    size_t length = size > 0 ? (size_t)size : 0;

    BIO_clear_retry_flags(bio);
    if (source->input.length == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    if (length > source->input.length) {
        length = source->input.length;
    }
    if (length > source->taken_max - source->taken) {
        source->refused = true;
        return -1;
    }
    memcpy(out, source->input.bytes, length);
    source->input.bytes += length;
    source->input.length -= length;
    source->taken += length;
    return (int)length;
}

static int bio_write(BIO *bio, const char *bytes, int length)
{
    struct tls_bio *source = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    if (length > 0) {
        source->on_output(source->context, slice_make(bytes, (size_t)length));
    }
    return length;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0; /* what is written is always out */
}

static void method_make(void)
{
    BIO_METHOD *made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tillwire");

    if (made == NULL || BIO_meth_set_read(made, bio_read) != 1 ||
        BIO_meth_set_write(made, bio_write) != 1 || BIO_meth_set_ctrl(made, bio_control) != 1) {
        BIO_meth_free(made);
        return;
    }
    method = made;
}

BIO *tls_bio_create(struct tls_bio *source)
{
    BIO *bio;

    (void)pthread_once(&once, method_make);
    bio = method == NULL ? NULL : BIO_new(method);
    if (bio == NULL) {
        return NULL;
    }
    BIO_set_data(bio, source);
    BIO_set_init(bio, 1);
    return bio;
}

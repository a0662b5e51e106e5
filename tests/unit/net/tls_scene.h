/* For tests of TLS: identities (a key and its certificate) made as the test
 * wants them, in files of a folder of its own; and a pair of streams, a
 * client's and a server's, with two pipes in memory between them that the test
 * can look into.
 *
 * To be included once, by the test's only source. */
#ifndef TESTS_TLS_SCENE_H
#define TESTS_TLS_SCENE_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "net/tls.h"

enum { TLS_PATH_SIZE = 128, TLS_PIPE_SIZE = 2 * 1024 * 1024, TLS_ROOM = 16 * 1024, DAY_S = 86400 };

/* --- Files ---------------------------------------------------------------------- */

static char tls_folder[TLS_PATH_SIZE];

static inline void tls_folder_make(void)
{
    (void)snprintf(tls_folder, sizeof(tls_folder), "/tmp/tillwire-tls-XXXXXX");
    assert_non_null(mkdtemp(tls_folder));
}

static inline void tls_folder_remove(void)
{
    DIR *folder = opendir(tls_folder);
    struct dirent *entry;
    char path[TLS_PATH_SIZE * 3];

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        (void)snprintf(path, sizeof(path), "%s/%s", tls_folder, entry->d_name);
        (void)unlink(path);
        (void)rmdir(path);
    }
    (void)closedir(folder);
    assert_int_equal(rmdir(tls_folder), 0);
}

/* "/tmp/tillwire-tls-abc123/NAME", in one of eight places. */
static inline const char *tls_path(const char *name)
{
    static char paths[8][TLS_PATH_SIZE * 2];
    static unsigned next;
    char *path = paths[next++ % 8];

    (void)snprintf(path, sizeof(paths[0]), "%s/%s", tls_folder, name);
    return path;
}

static inline const char *tls_write(const char *name, const char *text)
{
    const char *path = tls_path(name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* --- Identities ------------------------------------------------------------------- */

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
};

struct identity_wish {
    const char *name;              /* the common name */
    const char *alternatives;      /* "DNS:a.example,IP:127.0.0.1"; NULL: none */
    const struct identity *issuer; /* NULL: itself */
    long from_s;                   /* from now */
    long until_s;                  /* 0: ten days */
    unsigned rsa_bits;             /* 0: P-256 */
    const EVP_MD *digest;          /* NULL: SHA-256 */
    bool authority;
};

static inline void identity_extend(X509 *certificate, int kind, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static inline void identity_make(struct identity *out, const struct identity_wish *wish)
{
    static long serial = 1;
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    const struct identity *issuer = wish->issuer == NULL ? out : wish->issuer;

    out->key = wish->rsa_bits > 0 ? EVP_RSA_gen(wish->rsa_bits) : EVP_EC_gen("P-256");
    out->certificate = certificate;
    assert_non_null(out->key);
    assert_int_equal(X509_set_version(certificate, 2), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate),
                                    wish->from_s == 0 ? -DAY_S : wish->from_s));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate),
                                    wish->until_s == 0 ? 10L * DAY_S : wish->until_s));
    assert_int_equal(X509_set_pubkey(certificate, out->key), 1);
    if (wish->name != NULL) {
        assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                                    (const unsigned char *)wish->name, -1, -1, 0),
                         1);
    }
    assert_int_equal(X509_set_issuer_name(certificate, X509_get_subject_name(issuer->certificate)),
                     1);
    if (wish->alternatives != NULL) {
        identity_extend(certificate, NID_subject_alt_name, wish->alternatives);
    }
    if (wish->authority) {
        identity_extend(certificate, NID_basic_constraints, "critical,CA:TRUE");
    }
    assert_true(X509_sign(certificate, issuer->key,
                          wish->digest == NULL ? EVP_sha256() : wish->digest) > 0);
}

static inline void identity_finish(struct identity *identity)
{
    X509_free(identity->certificate);
    EVP_PKEY_free(identity->key);
}

/* Writes the certificates in this order; `second` may be NULL. */
static inline const char *identity_certificates(const char *name, const struct identity *first,
                                                const struct identity *second)
{
    const char *path = tls_path(name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(PEM_write_X509(file, first->certificate), 1);
    if (second != NULL) {
        assert_int_equal(PEM_write_X509(file, second->certificate), 1);
    }
    assert_int_equal(fclose(file), 0);
    return path;
}

/* `passphrase` NULL: none. */
static inline const char *identity_key(const char *name, const struct identity *identity,
                                       const char *passphrase)
{
    const char *path = tls_path(name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(PEM_write_PKCS8PrivateKey(file, identity->key,
                                               passphrase == NULL ? NULL : EVP_aes_256_cbc(), NULL,
                                               0, NULL, (void *)(uintptr_t)passphrase),
                     1);
    assert_int_equal(fclose(file), 0);
    return path;
}

static inline void identity_pin(const struct identity *identity, uint8_t out[TLS_PIN_SIZE])
{
    unsigned char *key = NULL;
    int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(identity->certificate), &key);

    assert_true(length > 0);
    assert_int_equal(EVP_Digest(key, (size_t)length, out, NULL, EVP_sha256(), NULL), 1);
    OPENSSL_free(key);
}

/* --- Servers and clients ------------------------------------------------------------ */

static uint8_t tls_secret[TLS_TICKET_KEY_SIZE] = "thirty-two bytes of a secret....";

static inline struct tls_server *tls_server_of(const char *certificate, const char *key)
{
    struct tls_server_options options = {certificate, key, tls_secret};
    char problem[TLS_PROBLEM_SIZE] = "";
    struct tls_server *server = NULL;

    if (tls_server_create(&server, &options, problem) != FAIL_NONE) {
        fail_msg("no server: %s", problem);
    }
    return server;
}

static inline struct tls_client *tls_client_of(const char *ca_file, const uint8_t *pin)
{
    struct tls_client_options options = {.ca_file = ca_file, .pin = pin};
    char problem[TLS_PROBLEM_SIZE] = "";
    struct tls_client *client = NULL;

    if (tls_client_create(&client, &options, problem) != FAIL_NONE) {
        fail_msg("no client: %s", problem);
    }
    return client;
}

/* --- A pair of streams ---------------------------------------------------------------- */

/* One side: its stream, what waits to be sent to the other, what it was told. */
struct tls_side {
    struct tls_stream *stream; /* NULL: the test itself is this side */
    enum tls_state state;
    char *out; /* owned */
    size_t out_length;
    char *heard; /* owned; a zero byte stands behind it */
    size_t heard_length;
    unsigned deliveries;
    bool hold; /* after the next delivery */
};

static struct tls_side tls_here;  /* the server */
static struct tls_side tls_there; /* the client */
static char tls_room[TLS_ROOM];

static inline void tls_side_cipher(void *context, struct slice bytes)
{
    struct tls_side *side = context;

    assert_true(side->out_length + bytes.length <= TLS_PIPE_SIZE);
    memcpy(side->out + side->out_length, bytes.bytes, bytes.length);
    side->out_length += bytes.length;
}

static inline void tls_side_plain(void *context, char *bytes, size_t length)
{
    struct tls_side *side = context;

    assert_ptr_equal(bytes, tls_room);
    assert_true(length > 0 && side->heard_length + length < TLS_PIPE_SIZE);
    memcpy(side->heard + side->heard_length, bytes, length);
    side->heard_length += length;
    side->heard[side->heard_length] = '\0';
    side->deliveries++;
    memset(bytes, 'x', length); /* the callee may change it */
    if (side->hold) {
        tls_stream_hold(side->stream);
    }
}

static const struct tls_stream_events tls_side_events = {.on_cipher = tls_side_cipher,
                                                         .on_plain = tls_side_plain};

static inline void tls_side_start(struct tls_side *side)
{
    *side = (struct tls_side){.out = malloc(TLS_PIPE_SIZE), .heard = calloc(1, TLS_PIPE_SIZE)};
    assert_non_null(side->out);
    assert_non_null(side->heard);
}

static inline void tls_side_finish(struct tls_side *side)
{
    tls_stream_free(&side->stream);
    free(side->out);
    free(side->heard);
    *side = (struct tls_side){0};
}

/* `client` NULL: the test speaks for it. */
static inline void tls_pair_start(struct tls_server *server, struct tls_client *client,
                                  const char *host)
{
    struct tls_stream_options here = {
        .server = server, .events = &tls_side_events, .context = &tls_here};
    struct tls_stream_options there = {
        .client = client, .host = host, .events = &tls_side_events, .context = &tls_there};

    tls_side_start(&tls_here);
    tls_side_start(&tls_there);
    assert_int_equal(tls_stream_create(&tls_here.stream, &here), FAIL_NONE);
    if (client != NULL) {
        assert_int_equal(tls_stream_create(&tls_there.stream, &there), FAIL_NONE);
        tls_there.state = tls_stream_start(tls_there.stream);
    }
}

static inline void tls_pair_end(void)
{
    tls_side_finish(&tls_here);
    tls_side_finish(&tls_there);
}

/* Carries what waits from one side to the other, `piece` bytes at a time. */
static inline void tls_carry(struct tls_side *from, struct tls_side *to, size_t piece)
{
    size_t length = from->out_length;
    char *bytes = malloc(length + 1);
    size_t at;

    assert_non_null(bytes);
    memcpy(bytes, from->out, length);
    from->out_length = 0;
    for (at = 0; at < length; at += piece) {
        size_t some = length - at < piece ? length - at : piece;

        to->state = tls_stream_take(to->stream, slice_make(bytes + at, some), tls_room, TLS_ROOM);
    }
    free(bytes);
}

/* Until nothing waits any more. */
static inline void tls_settle(size_t piece)
{
    while (tls_here.out_length > 0 || tls_there.out_length > 0) {
        tls_carry(&tls_there, &tls_here, piece);
        tls_carry(&tls_here, &tls_there, piece);
    }
}

/* A whole handshake, which must succeed on both sides. */
static inline void tls_pair_open(struct tls_server *server, struct tls_client *client,
                                 const char *host)
{
    tls_pair_start(server, client, host);
    tls_settle(TLS_PIPE_SIZE);
    if (tls_here.state != TLS_OPEN || tls_there.state != TLS_OPEN) {
        fail_msg("no handshake: %s / %s", tls_stream_problem(tls_here.stream),
                 tls_stream_problem(tls_there.stream));
    }
}

/* Writes on one side and hears it on the other. */
static inline void tls_say(struct tls_side *from, struct tls_side *to, const char *text)
{
    assert_int_equal(tls_stream_write(from->stream, slice_of(text)), TLS_OPEN);
    tls_settle(TLS_PIPE_SIZE);
    assert_true(to->heard_length >= strlen(text));
    assert_string_equal(to->heard + to->heard_length - strlen(text), text);
}

#endif

/* A key for each twelve hours, by HKDF (RFC 5869) from the secret and the
 * number of the period. A ticket names its key by sixteen bytes that come from
 * the same derivation, so that one made under another secret, or too long ago,
 * is simply unknown: its bearer shakes hands in full. */
#include "net/tls_ticket.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "base/clock.h"
#include "base/secret.h"

enum { NAME_SIZE = 16, CIPHER_KEY_SIZE = 32, MAC_KEY_SIZE = 32, IV_SIZE = 16 };

struct ticket_key {
    uint8_t name[NAME_SIZE];
    uint8_t cipher_key[CIPHER_KEY_SIZE];
    uint8_t mac_key[MAC_KEY_SIZE];
};

struct tls_tickets {
    uint8_t secret[TLS_TICKET_KEY_SIZE];
    EVP_CIPHER *cipher;
    EVP_KDF *kdf;
    pthread_mutex_t lock;                       /* of what follows */
    int64_t periods[TLS_TICKET_PERIODS];        /* whose key each of these is; -1: none */
    struct ticket_key keys[TLS_TICKET_PERIODS]; /* of period N in place N % TLS_TICKET_PERIODS */
};

static int tickets_index = -1; /* where a context keeps them */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void index_make(void)
{
    tickets_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

/* --- Derivation ------------------------------------------------------------- */

static bool key_derive(const struct tls_tickets *tickets, int64_t period, struct ticket_key *out)
{
    char info[64];
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(tickets->kdf);
    OSSL_PARAM params[4];
    bool derived;

    if (context == NULL) {
        return false;
    }
    (void)text_format(info, sizeof(info), "tillwire session tickets %lld", (long long)period);
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char[]){"SHA256"}, 0);
    params[1] = OSSL_PARAM_construct_octet_string(
        OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)tickets->secret, sizeof(tickets->secret));
    params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, strlen(info));
    params[3] = OSSL_PARAM_construct_end();
    derived = EVP_KDF_derive(context, (unsigned char *)out, sizeof(*out), params) == 1;
    EVP_KDF_CTX_free(context);
    return derived;
}

/* The key of a period, made when it is first asked for. */
static bool key_of(struct tls_tickets *tickets, int64_t period, struct ticket_key *out)
{
    size_t place = (size_t)(period % TLS_TICKET_PERIODS);
    bool known;

    pthread_mutex_lock(&tickets->lock);
    known = tickets->periods[place] == period;
    if (!known && key_derive(tickets, period, out)) {
        tickets->keys[place] = *out;
        tickets->periods[place] = period;
        known = true;
    } else if (known) {
        *out = tickets->keys[place];
    }
    pthread_mutex_unlock(&tickets->lock);
    return known;
}

static int64_t period_now(void)
{
    int64_t period = clock_wall_ms() / TLS_TICKET_PERIOD_MS;

    return period < TLS_TICKET_PERIODS ? TLS_TICKET_PERIODS : period; /* a clock at 1970 */
}

/* --- What OpenSSL asks ------------------------------------------------------- */

static bool mac_start(EVP_MAC_CTX *mac, struct ticket_key *key)
{
    OSSL_PARAM params[3];

    params[0] =
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac_key, sizeof(key->mac_key));
    params[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){"SHA256"}, 0);
    params[2] = OSSL_PARAM_construct_end();
    return EVP_MAC_CTX_set_params(mac, params) == 1;
}

/* 1: encrypted. -1: an error, which ends the handshake. */
static int ticket_make(struct tls_tickets *tickets, unsigned char *name, unsigned char *iv,
                       EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
    struct ticket_key key;
    bool made = key_of(tickets, period_now(), &key) && RAND_bytes(iv, IV_SIZE) == 1 &&
                EVP_EncryptInit_ex(cipher, tickets->cipher, NULL, key.cipher_key, iv) == 1 &&
                mac_start(mac, &key);

    if (made) {
        memcpy(name, key.name, NAME_SIZE);
    }
    secret_wipe(&key, sizeof(key));
    return made ? 1 : -1;
}

/* 0: not one of ours, or too old. 1: to be read. 2: likewise, and to be renewed,
 * as in TLS 1.3 all are. */
static int ticket_take(struct tls_tickets *tickets, const unsigned char *name,
                       const unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
    int64_t now = period_now();
    struct ticket_key key;
    int result = 0;
    bool renew = false;
    int age;

    for (age = 0; age < TLS_TICKET_PERIODS && result == 0; age++) {
        if (!key_of(tickets, now - age, &key)) {
            result = -1;
        } else if (memcmp(key.name, name, NAME_SIZE) == 0) {
            bool taken =
                EVP_DecryptInit_ex(cipher, tickets->cipher, NULL, key.cipher_key, iv) == 1 &&
                mac_start(mac, &key);

            result = taken ? 1 : -1;
            renew = age > 0;
        }
    }
    secret_wipe(&key, sizeof(key));
    return result == 1 && renew ? 2 : result;
}

static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int encrypt)
{
    struct tls_tickets *tickets = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), tickets_index);

    int result = encrypt != 0 ? ticket_make(tickets, name, iv, cipher, mac)
                              : ticket_take(tickets, name, iv, cipher, mac);

    return encrypt == 0 && result == 1 && SSL_version(ssl) == TLS1_3_VERSION ? 2 : result;
}

/* --- Life --------------------------------------------------------------------- */

enum fail tls_tickets_create(struct tls_tickets **out, const uint8_t *secret)
{
    struct tls_tickets *tickets = calloc(1, sizeof(*tickets));
    size_t i;

    if (tickets == NULL) {
        return FAIL_MEMORY;
    }
    pthread_mutex_init(&tickets->lock, NULL);
    memcpy(tickets->secret, secret, sizeof(tickets->secret));
    for (i = 0; i < TLS_TICKET_PERIODS; i++) {
        tickets->periods[i] = -1;
    }
    tickets->cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
    tickets->kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    (void)pthread_once(&once, index_make);
    if (tickets->cipher == NULL || tickets->kdf == NULL || tickets_index < 0) {
        tls_tickets_destroy(&tickets);
        return FAIL_MEMORY;
    }
    *out = tickets;
    return FAIL_NONE;
}

void tls_tickets_destroy(struct tls_tickets **tickets_at)
{
    struct tls_tickets *tickets = *tickets_at;

    if (tickets == NULL) {
        return;
    }
    *tickets_at = NULL;
    EVP_CIPHER_free(tickets->cipher);
    EVP_KDF_free(tickets->kdf);
    pthread_mutex_destroy(&tickets->lock);
    secret_wipe(tickets, sizeof(*tickets));
    free(tickets);
}

enum fail tls_tickets_use(struct tls_tickets *tickets, SSL_CTX *context)
{
    if (SSL_CTX_set_ex_data(context, tickets_index, tickets) != 1 ||
        SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket) != 1) {
        return FAIL_MEMORY;
    }
    return FAIL_NONE;
}

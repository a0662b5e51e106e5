/* PEM files.
 *
 * Every way in which a file can be wrong has its own sentence, because the
 * person who reads it has usually just copied a file to a wrong place. */
#include "net/tls_file.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/file.h"

enum { FILE_MAX = 256 * 1024, MS_PER_SECOND = 1000 };

static enum fail file_problem(enum fail fail, const char *path, const char *what,
                              char problem[TLS_PROBLEM_SIZE])
{
    const char *why = strerror(errno);

    if (fail == FAIL_INVALID) {
        why = "it is not a file";
    } else if (fail == FAIL_LIMIT) {
        why = "it is too large for one";
    } else if (fail == FAIL_NOT_FOUND) {
        why = "there is no such file";
    } else if (fail == FAIL_MEMORY) {
        why = "there is no memory left";
    } else if (fail == FAIL_DENIED && errno != EISDIR) {
        why = "this user may not read it";
    }
    (void)text_format(problem, TLS_PROBLEM_SIZE, "the %s %s cannot be read: %s", what, path, why);
    return fail;
}

static enum fail file_load(const char *path, const char *what, struct buf *out,
                           char problem[TLS_PROBLEM_SIZE])
{
    enum fail fail;

    buf_init(out, FILE_MAX);
    fail = file_read(path, out);
    if (fail != FAIL_NONE) {
        buf_wipe(out);
        return file_problem(fail, path, what, problem);
    }
    return FAIL_NONE;
}

static enum fail certificates_read(BIO *bio, STACK_OF(X509) * list)
{
    X509 *certificate;
    unsigned long error;

    ERR_clear_error();
    while ((certificate = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL)) != NULL) {
        if (sk_X509_push(list, certificate) == 0) {
            X509_free(certificate);
            return FAIL_MEMORY;
        }
    }
    error = ERR_peek_last_error();
    ERR_clear_error();
    if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE) {
        return FAIL_MEMORY;
    }
    /* The end of the file is "no start line"; anything else is a broken block. */
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE &&
                   sk_X509_num(list) > 0
               ? FAIL_NONE
               : FAIL_INVALID;
}

enum fail tls_file_certificates(const char *path, STACK_OF(X509) * *out,
                                char problem[TLS_PROBLEM_SIZE])
{
    STACK_OF(X509) *list = sk_X509_new_null();
    struct buf bytes;
    BIO *bio = NULL;
    enum fail fail = file_load(path, "certificate", &bytes, problem);

    if (fail != FAIL_NONE) {
        sk_X509_free(list);
        return fail;
    }
    bio =
        bytes.length == 0 ? BIO_new(BIO_s_null()) : BIO_new_mem_buf(bytes.bytes, (int)bytes.length);
    fail = bio == NULL || list == NULL ? FAIL_MEMORY : certificates_read(bio, list);
    if (fail == FAIL_INVALID) {
        (void)text_format(problem, TLS_PROBLEM_SIZE,
                          sk_X509_num(list) > 0
                              ? "the certificate file %s holds a damaged certificate"
                              : "the certificate file %s holds no certificate in PEM form "
                                "(-----BEGIN CERTIFICATE-----)",
                          path);
    } else if (fail == FAIL_MEMORY) {
        (void)file_problem(fail, path, "certificate", problem);
    }
    BIO_free(bio);
    buf_wipe(&bytes);
    if (fail != FAIL_NONE) {
        sk_X509_pop_free(list, X509_free);
        return fail;
    }
    *out = list;
    return FAIL_NONE;
}

/* --- Keys ----------------------------------------------------------------- */

/* Called only for a key under a passphrase: nobody is there to type one. */
static int no_passphrase(char *out, int size, int writing, void *asked)
{
    (void)out;
    (void)size;
    (void)writing;
    *(bool *)asked = true;
    return -1;
}

enum fail tls_file_key(const char *path, EVP_PKEY **out, char problem[TLS_PROBLEM_SIZE])
{
    struct buf bytes;
    BIO *bio;
    bool asked = false;
    enum fail fail = file_load(path, "key", &bytes, problem);

    if (fail != FAIL_NONE) {
        return fail;
    }
    bio =
        bytes.length == 0 ? BIO_new(BIO_s_null()) : BIO_new_mem_buf(bytes.bytes, (int)bytes.length);
    *out = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &asked);
    if (*out == NULL) {
        bool memory = bio == NULL || ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE;

        fail = memory ? FAIL_MEMORY : FAIL_INVALID;
    }
    if (fail == FAIL_MEMORY) {
        (void)file_problem(fail, path, "key", problem);
    } else if (fail == FAIL_INVALID) {
        (void)text_format(problem, TLS_PROBLEM_SIZE,
                          asked ? "the key %s is under a passphrase, and nobody can type one when "
                                  "the server starts; take it off: openssl pkey -in %s -out NEW"
                                : "the key file %s holds no private key in PEM form "
                                  "(-----BEGIN PRIVATE KEY-----)",
                          path, path);
    }
    ERR_clear_error();
    BIO_free(bio);
    buf_wipe(&bytes);
    return fail;
}

/* --- What a certificate says ------------------------------------------------ */

static int64_t time_ms(const ASN1_TIME *time)
{
    struct tm parts;

    if (ASN1_TIME_to_tm(time, &parts) != 1) {
        return 0;
    }
    return (int64_t)timegm(&parts) * MS_PER_SECOND;
}

/* Its first DNS name; false when it has none. */
static bool dns_name(X509 *certificate, char *out, size_t size)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    bool found = false;
    int i;

    for (i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
        int type;
        const ASN1_STRING *text = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);

        if (type == GEN_DNS) {
            found = slice_copy(slice_make((const char *)ASN1_STRING_get0_data(text),
                                          (size_t)ASN1_STRING_length(text)),
                               out, size) == FAIL_NONE;
        }
    }
    GENERAL_NAMES_free(names);
    return found;
}

void tls_file_describe(X509 *certificate, struct tls_certificate *out)
{
    X509_NAME *subject = X509_get_subject_name(certificate);

    *out = (struct tls_certificate){
        .not_before_ms = time_ms(X509_get0_notBefore(certificate)),
        .not_after_ms = time_ms(X509_get0_notAfter(certificate)),
    };
    if (!dns_name(certificate, out->subject, sizeof(out->subject)) &&
        X509_NAME_get_text_by_NID(subject, NID_commonName, out->subject, sizeof(out->subject)) <=
            0) {
        (void)text_format(out->subject, sizeof(out->subject), "no name");
    }
    ERR_clear_error();
}

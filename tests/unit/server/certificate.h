/* A self-signed certificate and its key, as files of a folder. */
#ifndef TESTS_SERVER_CERTIFICATE_H
#define TESTS_SERVER_CERTIFICATE_H

#include "unit/server/folder.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static inline void certificate_name(X509 *certificate, const char *host)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    char alternative[FOLDER_SIZE];
    X509_EXTENSION *extension;

    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                                (const unsigned char *)host, -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(certificate, name), 1);
    assert_true(snprintf(alternative, sizeof(alternative), "DNS:%s", host) > 0);
    extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alternative);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* NAME.pem and NAME.key of the folder; ends in `days` days and a half. */
static inline void certificate_make(const struct folder *folder, const char *name, int days)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    char file_name[FOLDER_SIZE];
    char path[FOLDER_PATH_SIZE];
    FILE *file;

    assert_non_null(key);
    assert_non_null(certificate);
    assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1), 1);
    assert_non_null(X509_time_adj_ex(X509_getm_notBefore(certificate), -1, 0, NULL));
    assert_non_null(X509_time_adj_ex(X509_getm_notAfter(certificate), days, 12L * 60 * 60, NULL));
    certificate_name(certificate, "pos.example.com");
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    (void)snprintf(file_name, sizeof(file_name), "%s.pem", name);
    folder_path(folder, file_name, path);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_X509(file, certificate), 1);
    assert_int_equal(fclose(file), 0);
    (void)snprintf(file_name, sizeof(file_name), "%s.key", name);
    folder_path(folder, file_name, path);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(fclose(file), 0);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

#endif

/* OpenSSL's errors as sentences: for the people of a shop where they can do
 * something about it, for those who read logs otherwise. */
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "net/tls_part.h"

enum { ALERTS_FROM = SSL_AD_REASON_OFFSET, ALERTS_TO = SSL_AD_REASON_OFFSET + 255 };

/* The name of the host stands between the two texts. */
struct sentence {
    long result; /* X509_V_ERR_* */
    const char *before;
    const char *after;
};

static const char OF[] = "the certificate of ";
static const char STRANGER[] = " is signed by nobody whom this machine knows: give the authority's "
                               "certificate with --ca-file";
static const char WEAK[] = " is too weak to be trusted: have a new one made";

static const struct sentence SENTENCES[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, OF,
     " has expired: have it renewed, or check this machine's clock"},
    {X509_V_ERR_CERT_NOT_YET_VALID, OF, " is not valid yet: check this machine's clock"},
    {X509_V_ERR_HOSTNAME_MISMATCH, "the certificate that came is for another name than ",
     ": check the address"},
    {X509_V_ERR_IP_ADDRESS_MISMATCH, "the certificate that came is for another address than ",
     ": check the address"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, OF, STRANGER},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, OF, STRANGER},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, OF, STRANGER},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, OF, STRANGER},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, OF, STRANGER},
    {X509_V_ERR_APPLICATION_VERIFICATION, "the key of ",
     " is not the one that is expected of it: somebody else answers, or its key was changed"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, OF, WEAK},
    {X509_V_ERR_CA_KEY_TOO_SMALL, OF, WEAK},
    {X509_V_ERR_CA_MD_TOO_WEAK, OF, WEAK},
};

void tls_certificate_reason(long result, const char *host, char *out, size_t size)
{
    size_t i;

    for (i = 0; i < sizeof(SENTENCES) / sizeof(SENTENCES[0]); i++) {
        if (SENTENCES[i].result == result) {
            (void)text_format(out, size, "%s%s%s", SENTENCES[i].before, host, SENTENCES[i].after);
            return;
        }
    }
    (void)text_format(out, size, "the certificate of %s cannot be trusted: %s", host,
                      X509_verify_cert_error_string(result));
}

/* NULL: nothing better than OpenSSL's own words. */
static const char *handshake_reason(int reason, bool is_client)
{
    switch (reason) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
        return "the other side speaks no TLS of version 1.2 or 1.3";
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
        return "there is no cipher that both sides accept";
    case SSL_R_NO_APPLICATION_PROTOCOL:
        return "the other side wants another protocol than HTTP/1.1";
    case SSL_R_HTTP_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:
        return is_client ? "what answers there does not speak TLS: check the port, or use http"
                         : "what came is not TLS";
    default:
        return NULL;
    }
}

void tls_reason(const SSL *ssl, const char *host, char *out, size_t size)
{
    unsigned long error = ERR_peek_error();
    int reason = ERR_GET_REASON(error);
    const char *text = handshake_reason(reason, host != NULL);
    long verified = host == NULL ? X509_V_OK : SSL_get_verify_result(ssl);

    ERR_clear_error();
    if (verified != X509_V_OK) {
        tls_certificate_reason(verified, host, out, size);
    } else if (text != NULL) {
        (void)text_format(out, size, "%s", text);
    } else if (ERR_GET_LIB(error) == ERR_LIB_SSL && reason >= ALERTS_FROM && reason <= ALERTS_TO) {
        (void)text_format(out, size, "the other side refuses: %s",
                          SSL_alert_desc_string_long(reason - ALERTS_FROM));
    } else {
        text = error == 0 ? NULL : ERR_reason_error_string(error);
        (void)text_format(out, size, "the other side breaks the rules of TLS: %s",
                          text == NULL ? "OpenSSL does not say which" : text);
    }
}

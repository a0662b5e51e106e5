/* Reads a pin strictly: a pin that is cut or mistyped would refuse every server,
 * and is better refused at the start. */
#include "net/tls_pin.h"

#include <string.h>

#include <openssl/evp.h>

enum { PIN_TEXT_LENGTH = 44, PIN_BLOCK_SIZE = 33 }; /* one byte of padding */

static const char CURL_PREFIX[] = "sha256//";

/* The last of 43 characters holds four bits of the 32 bytes, and two of nothing. */
static bool is_canonical(struct slice text)
{
    return strchr("AEIMQUYcgkosw048", text.bytes[PIN_TEXT_LENGTH - 2]) != NULL;
}

bool tls_pin_read(struct slice text, uint8_t out[TLS_PIN_SIZE])
{
    static const char CHARACTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789+/";
    unsigned char block[PIN_BLOCK_SIZE];
    size_t i;

    if (slice_starts_with(text, CURL_PREFIX)) {
        text = slice_make(text.bytes + strlen(CURL_PREFIX), text.length - strlen(CURL_PREFIX));
    }
    if (text.length != PIN_TEXT_LENGTH || text.bytes[PIN_TEXT_LENGTH - 1] != '=') {
        return false;
    }
    for (i = 0; i < PIN_TEXT_LENGTH - 1; i++) {
        if (text.bytes[i] == '\0' || strchr(CHARACTERS, text.bytes[i]) == NULL) {
            return false;
        }
    }
    if (!is_canonical(text) || EVP_DecodeBlock(block, (const unsigned char *)text.bytes,
                                               PIN_TEXT_LENGTH) != PIN_BLOCK_SIZE) {
        return false;
    }
    memcpy(out, block, TLS_PIN_SIZE);
    return true;
}

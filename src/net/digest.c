/* SHA-1 by OpenSSL. */
#include "net/digest.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>

void digest_sha1(const void *bytes, size_t length, uint8_t out[DIGEST_SHA1_SIZE])
{
    unsigned made = 0;

    /* It fails only where the machine's policy takes SHA-1 away (or memory is
     * out): then no handshake can ever succeed, and the reason must be said. */
    if (EVP_Digest(bytes, length, out, &made, EVP_sha1(), NULL) != 1 || made != DIGEST_SHA1_SIZE) {
        (void)fputs("tillwire: OpenSSL gives no SHA-1, which WebSocket needs\n", stderr);
        abort();
    }
}

void digest_websocket_accept(const char key[WEBSOCKET_KEY_SIZE], char out[WEBSOCKET_ACCEPT_SIZE])
{
    char input[WEBSOCKET_ACCEPT_INPUT_SIZE];
    uint8_t digest[DIGEST_SHA1_SIZE];

    digest_sha1(input, websocket_accept_input(key, input), digest);
    websocket_accept_text(digest, out);
}

/* Signs what comes in as the courier does, for the test that shows the result
 * to foreign libraries: prints the signature.
 *
 * usage: sign TOKEN ID SECONDS < BODY */
#include <stdio.h>
#include <stdlib.h>

#include "base/id.h"
#include "wire/signature.h"

enum { BODY_MAX = 64 * 1024 };

int main(int argc, char **argv)
{
    static char body[BODY_MAX];
    uint8_t secret[SIGNATURE_SECRET_SIZE];
    char signature[SIGNATURE_SIZE];
    struct signed_message message;

    if (argc != 4 || signature_token_read(slice_of(argv[1]), secret) != FAIL_NONE) {
        (void)fprintf(stderr, "usage: sign TOKEN ID SECONDS < BODY\n");
        return 2;
    }
    id_start();
    message = (struct signed_message){
        .id = slice_of(argv[2]),
        .timestamp_s = strtoll(argv[3], NULL, 10),
        .body = slice_make(body, fread(body, 1, sizeof(body), stdin)),
    };
    signature_write(&message, secret, signature);
    (void)puts(signature);
    return 0;
}

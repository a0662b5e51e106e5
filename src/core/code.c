/* Minting and reading device codes. */
#include "core/code.h"

#include <assert.h>

static const char ALPHABET[] = "BCDFGHJKLMNPQRSTVWXYZ23456789";
enum { ALPHABET_SIZE = sizeof(ALPHABET) - 1 };
static_assert(CODE_COUNT == ALPHABET_SIZE * ALPHABET_SIZE * ALPHABET_SIZE * ALPHABET_SIZE,
              "21 letters and 8 digits, four of them");

void code_from_number(uint32_t number, char out[CODE_SIZE])
{
    int i;

    assert(number < CODE_COUNT);
    for (i = CODE_LENGTH - 1; i >= 0; i--) {
        out[i] = ALPHABET[number % ALPHABET_SIZE];
        number /= ALPHABET_SIZE;
    }
    out[CODE_LENGTH] = '\0';
}

bool code_read(struct slice text, char out[CODE_SIZE])
{
    char code[CODE_SIZE] = {0};
    size_t i;

    if (text.length != CODE_LENGTH) {
        return false;
    }
    for (i = 0; i < CODE_LENGTH; i++) {
        char c = text_upper(text.bytes[i]);

        if ((c < 'A' || c > 'Z') && (c < '0' || c > '9')) {
            return false;
        }
        code[i] = c;
    }
    for (i = 0; i < CODE_SIZE; i++) {
        out[i] = code[i];
    }
    return true;
}

// The serial number of a virtual terminal: `TW-` and ten characters of A-Z 2-9,
// made once in its life. 34 does not divide 256: bytes past the last multiple
// are thrown away, or some letters came more often.

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ23456789";
const LENGTH = 10;
const FAIR_BYTES = 256 - (256 % ALPHABET.length);

// `randomBytes(count)` gives a Uint8Array of that many random bytes.
export function makeSerial(randomBytes) {
  let characters = "";
  while (characters.length < LENGTH) {
    for (const byte of randomBytes(LENGTH)) {
      if (byte < FAIR_BYTES && characters.length < LENGTH) {
        characters += ALPHABET[byte % ALPHABET.length];
      }
    }
  }
  return `TW-${characters}`;
}

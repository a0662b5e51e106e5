/* Text that somebody else owns, and small questions about it.
 *
 * A slice borrows bytes: it is valid as long as what it points into. It need
 * not end with a zero byte and may hold any bytes. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

struct slice {
    const char *bytes; /* borrowed; may be NULL when length is 0 */
    size_t length;
};

/* A slice of a zero-terminated string, without the zero. */
struct slice slice_of(const char *text);
struct slice slice_make(const char *bytes, size_t length);

bool slice_equals(struct slice a, struct slice b);
bool slice_is(struct slice slice, const char *text);
/* ASCII letters only; for header names and tokens of protocols. */
bool slice_is_ignoring_case(struct slice slice, const char *text);
bool slice_starts_with(struct slice slice, const char *prefix);

/* Without spaces and tabs at both ends. */
struct slice slice_trim(struct slice slice);

/* Cuts the next part before `separator` off `*rest` into `*part`. False when
 * nothing is left; an empty text has one empty part, then none: start with
 * rest->bytes non-NULL. After the last part rest->bytes is NULL. */
bool slice_next_part(struct slice *rest, char separator, struct slice *part);

/* True when the list, whose parts stand between commas with blanks around them,
 * holds `word` in any case: for list headers of protocols. */
bool slice_list_holds(struct slice list, const char *word);

/* Copies with a closing zero. FAIL_LIMIT, and `out` untouched, when it does
 * not fit; FAIL_INVALID when it holds a zero byte. */
MUST_CHECK enum fail slice_copy(struct slice slice, char *out, size_t size);
/* The same of a text whose limits have been checked: asserts that it can be
 * copied. What is left of `out` is zeros. */
void slice_keep(struct slice slice, char *out, size_t size);

/* Decimal digits only, no sign, no blanks, at least one digit.
 * FAIL_INVALID for anything else, FAIL_LIMIT above `maximum`. */
MUST_CHECK enum fail slice_to_unsigned(struct slice slice, uint64_t maximum, uint64_t *out);

/* Valid UTF-8 by RFC 3629 (no surrogates, nothing overlong, at most U+10FFFF). */
bool slice_is_utf8(struct slice slice);
/* Code points of a valid UTF-8 text. */
size_t slice_code_points(struct slice slice);
/* Every byte from 0x21 to 0x7e, and at least one. */
bool slice_is_visible_ascii(struct slice slice);
/* Holds a control character (C0, DEL, or C1 as UTF-8). */
bool slice_has_control(struct slice slice);

char text_upper(char c);
char text_lower(char c);

/* Like snprintf into a fixed array, and says whether all of it fitted. */
__attribute__((format(printf, 3, 4))) bool text_format(char *out, size_t size, const char *format,
                                                       ...);

/* The entry of `words` (`count` of them) nearest to `word` by edit distance,
 * or NULL when none is near enough to be a likely slip. For "did you mean". */
const char *text_nearest(const char *word, const char *const *words, size_t count);

#endif

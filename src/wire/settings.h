/* The lines of a configuration file.
 *
 *   # a comment has a line of its own
 *   listen = 8443
 *   data = "/srv/with blanks at its end "
 *
 * UTF-8, one NAME = VALUE a line, blanks around both do not matter; a value in
 * quotes keeps its blanks and has no quote inside. No sections, no escapes.
 * What the names mean is decided above. */
#ifndef WIRE_SETTINGS_H
#define WIRE_SETTINGS_H

#include "base/text.h"

enum {
    SETTINGS_BYTES_MAX = 64 * 1024, /* of a file, for whoever reads it */
    SETTINGS_LINES_MAX = 1000,
    SETTINGS_NAME_MAX = 64, /* bytes */
};

struct settings_reader {
    struct slice rest; /* borrowed */
    unsigned line;     /* of the one that was read last; the first is 1 */
};

struct setting {
    struct slice name;  /* visible ASCII; borrowed from the text */
    struct slice value; /* no control characters; "" only where quotes say so */
};

enum settings_step {
    SETTINGS_FOUND, /* `out` is filled */
    SETTINGS_WRONG, /* `*problem` says what is wrong with this line; the next may be good */
    SETTINGS_END,   /* nothing is left */
};

/* A byte order mark is passed over. */
void settings_start(struct settings_reader *reader, struct slice text);
/* The next line that says something; reader->line is its number. */
enum settings_step settings_next(struct settings_reader *reader, struct setting *out,
                                 const char **problem);

#endif

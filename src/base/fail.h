/* Failures: the world said no.
 *
 * A failure travels upward unchanged and is logged once, where it becomes an
 * answer. An outcome (declined, cancelled) is not a failure but a state in
 * core/; a bug is an assert. */
#ifndef BASE_FAIL_H
#define BASE_FAIL_H

#define MUST_CHECK __attribute__((warn_unused_result))

enum fail {
    FAIL_NONE = 0,  /* it worked */
    FAIL_MEMORY,    /* the allocator refused */
    FAIL_LIMIT,     /* a documented limit would be passed */
    FAIL_INVALID,   /* the input breaks its grammar or its rules */
    FAIL_NOT_FOUND, /* no such thing, or not of this business */
    FAIL_CONFLICT,  /* it exists already, or changed meanwhile */
    FAIL_BUSY,      /* somebody else holds it */
    FAIL_DENIED,    /* the operating system or the peer does not permit it */
    FAIL_FULL,      /* no room on the disk: rolled back, heals when there is room */
    FAIL_IO,        /* any other input or output error: acknowledge nothing more */
    FAIL_CLOSED,    /* the other side, or this program, is going away */
    FAIL_TIMEOUT,   /* no answer in time: says nothing about the outcome */
    FAIL_VERSION,   /* made by a newer program */
};

/* A short English phrase for logs and messages, "no room on the disk" for
 * FAIL_FULL. The text is static. */
const char *fail_text(enum fail fail);

#endif

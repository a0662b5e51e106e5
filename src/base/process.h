/* What a long-running program asks of the system for itself: that its memory
 * is not written to disk, that its files are nobody else's, and that it may
 * open as many as it needs. */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stddef.h>

#include "base/fail.h"

/* No core dumps, no other process of the same user may look into this one, and
 * new files are for their owner alone (umask 077). Once, at the start, before
 * the first secret is read. FAIL_DENIED when the system refuses. */
MUST_CHECK enum fail process_harden(void);

/* Raises the number of files that this process may have open to the most that
 * it is allowed (`ulimit -Hn`, LimitNOFILE=), and says in `*have` how many that
 * is. FAIL_LIMIT when these are fewer than `needed`; `*have` is set then, too. */
MUST_CHECK enum fail process_descriptors(size_t needed, size_t *have);

#endif

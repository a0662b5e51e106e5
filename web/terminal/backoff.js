// How long to wait before the next attempt to connect: full jitter, from 0.25 s
// doubling to 15 s, because all terminals of a server that restarts come back.

export const BACKOFF_FIRST_MS = 250;
export const BACKOFF_MOST_MS = 15000;

// `attempt` counts from 0; `random` gives a number in [0, 1).
export function backoffDelay(attempt, random) {
  const doublings = Math.min(attempt, 10);
  const ceiling = Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** doublings);
  return Math.round(random() * ceiling);
}

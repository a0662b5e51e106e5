// Which terminal this tab is: it takes the first slot (0, 1, 2 ...) whose lock no
// other tab holds, for as long as it lives. A reload finds its slot in
// sessionStorage and waits a moment for the lock of the page before it.

const SLOTS_MOST = 100;
const WAIT_MS = 1000;
const KEY = "tillwire-terminal-slot";

const lockName = (slot) => `tillwire-terminal-slot-${slot}`;

function readSlot(text) {
  return /^\d{1,2}$/.test(text ?? "") ? Number(text) : null;
}

// A lock is held until the promise its callback returns is settled: never.
function takeLock(slot, options) {
  return new Promise((resolve) => {
    const held = (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise(() => {});
    };
    navigator.locks.request(lockName(slot), options, held).catch(() => resolve(false));
  });
}

const takeNow = (slot) => takeLock(slot, { ifAvailable: true });
const takeSoon = (slot) => takeLock(slot, { signal: AbortSignal.timeout(WAIT_MS) });

async function takeFirstFree() {
  for (let slot = 0; slot < SLOTS_MOST; slot += 1) {
    if (await takeNow(slot)) {
      return slot;
    }
  }
  return null;
}

// Answers { slot, locked }, or { slot, taken: true } when that slot is in use.
// Where the browser has no locks (plain http to another machine) the server
// tells the first of two tabs that it was replaced.
export async function takeSlot(search) {
  const asked = readSlot(new URLSearchParams(search).get("slot"));
  const remembered = readSlot(sessionStorage.getItem(KEY));
  if (!navigator.locks) {
    return { slot: asked ?? remembered ?? 0, locked: false };
  }
  const wanted = asked ?? remembered;
  if (wanted !== null && (await takeSoon(wanted))) {
    sessionStorage.setItem(KEY, String(wanted));
    return { slot: wanted, locked: true };
  }
  const slot = asked === null ? await takeFirstFree() : null;
  if (slot === null) {
    return { slot: asked ?? SLOTS_MOST - 1, taken: true };
  }
  sessionStorage.setItem(KEY, String(slot));
  return { slot, locked: true };
}

// Carries out what the machine decided, and notes in the journal what leaves or
// arrives.

import { backoffDelay } from "./backoff.js";
import { createConnection, terminalDoor } from "./connection.js";
import { TEXT } from "./text.js";

const notes = TEXT.bench.notes;

// `take(event)` hands an event to the machine; `save(record)` answers a promise.
export function createEffects(take, save, journal) {
  const timers = new Map();
  const connection = createConnection(terminalDoor(location), (event) => {
    noteEvent(event);
    take(event);
  });
  let unsaved = 0;

  function noteEvent(event) {
    if (event.type === "link_message") {
      journal.received(event.message);
    } else if (event.type === "link_opened") {
      journal.note(notes.opened);
    } else if (event.type === "link_closed") {
      journal.note(notes.closed(event.code));
    } else {
      journal.note(notes.unreadable);
      console.warn(event.problem);
    }
  }

  function setTimer({ name, ms, event }) {
    clearTimeout(timers.get(name));
    timers.set(name, setTimeout(() => {
      timers.delete(name);
      take(event);
    }, ms));
  }

  // The page says whether all is stored; a test that pulls the plug waits for it.
  function countUnsaved(change) {
    unsaved += change;
    document.body.dataset.memory = unsaved === 0 ? "saved" : "saving";
  }

  function store({ record, then }) {
    countUnsaved(1);
    save(record).then(
      () => {
        countUnsaved(-1);
        if (then !== null) {
          take(then);
        }
      },
      () => take({ type: "save_failed" }),
    );
  }

  function planRetry({ attempt, leastMs }) {
    const ms = leastMs + backoffDelay(attempt, Math.random);
    journal.note(notes.retry(ms));
    setTimer({ name: "retry", ms, event: { type: "retry_due" } });
    take({ type: "retry_planned", at: Date.now() + ms });
  }

  const CARRY_OUT = {
    open: () => connection.open(),
    close: () => {
      if (connection.close()) {
        journal.note(notes.ended);
      }
    },
    send: ({ message }) => {
      if (connection.send(message)) {
        journal.sent(message);
      }
    },
    retry: planRetry,
    lock: ({ seconds }) => take({ type: "lock_planned", until: Date.now() + seconds * 1000 }),
    save: store,
    timer: setTimer,
  };

  return (effect) => CARRY_OUT[effect.do](effect);
}

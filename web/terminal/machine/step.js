// One step of a terminal, pure: state and event in, state and effects out.
//
//   { do: "open" }                       open a connection
//   { do: "close" }                      close it; what was sent still goes out
//   { do: "send", message }
//   { do: "retry", attempt, leastMs }    plan the next attempt, tell retry_planned
//   { do: "lock", seconds }              tell lock_planned, with the time
//   { do: "save", record, then }         store it, then tell the event `then`
//   { do: "timer", name, ms, event }     tell the event later; replaces one of that name
//
// They are carried out in order. An event that means nothing in a phase changes
// nothing: handlers then answer null.

import { benchHandlers } from "./bench.js";
import { linkHandlers } from "./link.js";
import { follow } from "./payment_follow.js";
import { paymentHandlers } from "./payment_person.js";
import { personHandlers } from "./person.js";
import { serverHandlers } from "./server.js";

const HANDLERS = { ...benchHandlers, ...linkHandlers, ...personHandlers, ...paymentHandlers, ...serverHandlers };

export const EVENTS = Object.keys(HANDLERS);

export function step(state, event) {
  if (!Object.hasOwn(HANDLERS, event.type)) {
    throw new Error(`no such event: ${event.type}`);
  }
  return follow(state, HANDLERS[event.type](state, event) ?? [state, []]);
}

// A terminal without a page: the machine, a record and the effects it asked
// for, so that a test reads like the story of a terminal.

import { newState } from "../../web/terminal/machine/state.js";
import { step } from "../../web/terminal/machine/step.js";

export const CREDENTIAL = "c".repeat(43);
export const RENEWED = "d".repeat(43);

export const newRecord = (changes) => ({
  serial: "TW-ABCDEFGH23", credential: null, continued: false, power: true, asleep: false,
  code: null, businessName: null, user: null, ...changes,
});

export const welcome = (changes) => ({
  type: "welcome", business: 1, businessName: "Corner Bakery", currency: "CAD", user: "Alex", code: "JFHP",
  apiMode: true, heartbeatSeconds: 20, credential: null, ...changes,
});

export const logInRequired = (changes) => ({
  type: "log_in_required", reason: "new", businessName: null, pin: false, message: "Please log in.", ...changes,
});

export class Life {
  constructor(changes) {
    this.record = newRecord(changes);
    this.state = newState(this.record, 0);
    this.effects = [];
  }

  // Takes an event; answers the effects it had.
  take(type, fields = {}) {
    const [state, effects] = step(this.state, { type, ...fields });
    this.state = state;
    this.effects = effects;
    return effects;
  }

  hear(message) {
    return this.take("link_message", { message });
  }

  get phase() {
    return this.state.phase;
  }

  // What the last event sent, saved, or asked for.
  get sent() {
    return this.effects.filter((effect) => effect.do === "send").map((effect) => effect.message);
  }

  get saves() {
    return this.effects.filter((effect) => effect.do === "save");
  }

  does(name) {
    return this.effects.some((effect) => effect.do === name);
  }

  // From no power to an open connection on which hello was said.
  connect() {
    this.take("started", { power: true, asleep: false });
    this.take("booted");
    this.take("link_opened");
    return this;
  }

  // From no power to the device code on the screen.
  pair(changes) {
    this.connect();
    this.hear(welcome(changes));
    return this;
  }

  continue() {
    this.take("continue_pressed");
    this.take("saved", { what: "continued" });
    this.hear({ type: "ready_confirmed" });
    return this;
  }
}

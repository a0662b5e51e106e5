// The screens that only wait for the server. Later attempts to connect show on
// "not connected", so that nothing flickers.

import { TEXT } from "../text.js";
import { hint, page, spinner, title } from "./pieces.js";

const working = (name, text, more = null) => ({
  name,
  view: () => ({}),
  build: () => page("working", [spinner(), title(text), more === null ? null : hint(more)]),
});

export const connecting = working("connecting", TEXT.connecting.title);
export const registering = working("registering", TEXT.registering.title, TEXT.registering.lead);
export const gettingReady = working("getting-ready", TEXT.getting_ready.title);
export const leaving = working("leaving", TEXT.leaving.title);

// An administrator removed the device, or revoked its credential: that is
// forgotten, and a log-in with e-mail and password begins a new life.

import { TEXT } from "../text.js";
import { notice } from "./pieces.js";

const texts = TEXT.removed;

export const removed = notice("removed", "removed", texts, "connect");
export const revoked = notice("revoked", "removed", { ...texts, title: TEXT.log_in.title, lead: texts.revoked }, "connect");

// An administrator removed the device: its credential is forgotten, and a
// log-in with e-mail and password begins a new life.

import { TEXT } from "../text.js";
import { notice } from "./pieces.js";

export const removed = notice("removed", "removed", TEXT.removed, "connect");

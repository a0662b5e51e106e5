// Another connection showed this terminal's credential. It does not fight for
// its place: a person decides.

import { TEXT } from "../text.js";
import { notice } from "./pieces.js";

export const replaced = notice("replaced", "switch_over", TEXT.replaced, "take-back");

// The stand-in for a terminal's own certified payment application (authority
// `terminal`): it decides by the decimals of the amount, as the server's test
// processor does. The same card presented again, after a power cut, gets the
// same answer.

import { DECLINE_TABLE } from "./decline_table.js";

const PREFIX = "Transaction Declined: ";

const approvalCode = (payment, attempt) =>
  (payment * 1000 + attempt).toString(36).toUpperCase().slice(-6).padStart(6, "0");

// `amount` in cents. `delayMs`: the host answers so much later.
export function decide(amount, payment, attempt) {
  const cents = amount % 100;
  const row = DECLINE_TABLE.find(({ from, to }) => cents >= from && cents <= to);
  return {
    approved: row.approved,
    approvalCode: row.approved ? approvalCode(payment, attempt) : null,
    reason: row.approved ? null : PREFIX + row.reason,
    delayMs: row.delayMs,
  };
}

// A point of sale beside the page: what it calls, and what a customer does with
// the cards of the bench.

import assert from "node:assert/strict";
import { codeOf, logIn, onScreen, part } from "./browser.mjs";

// Logs in and continues: answers the shop of a terminal that is ready.
export async function openShop(page, facts) {
  await page.goto(facts.terminalPage);
  await logIn(page, facts);
  await onScreen(page, "pairing");
  const code = await codeOf(page);
  await part(page, "continue").click();
  await onScreen(page, "ready");

  const call = (path, options = {}) =>
    fetch(`${facts.api}/devices/${code}${path}`, {
      ...options, headers: { "api-token": facts.token, "content-type": "application/json" },
    });
  const purchase = (transactionAmount, fields = {}) =>
    call("/payment/purchase", {
      method: "POST", body: JSON.stringify({ currency: "CAD", transactionAmount, invoiceNumber: "INV7", ...fields }),
    });

  return {
    code,
    purchase,
    // A sale whose reader is on: answers the path of the payment.
    async begin(amount, fields) {
      const answer = await purchase(amount, fields);
      assert.equal(answer.status, 202);
      await onScreen(page, "card");
      return answer.headers.get("location").replace(/^.*(?=\/payments\/)/, "");
    },
    standing: async (path) => (await call(path)).json(),
    cancel: async (path) => (await call(`${path}/cancel`, { method: "POST", body: "{}" })).json(),
    choose: (card) => page.locator("label", { has: part(page, `card-${card}`) }).click(),
    present: (entry) => part(page, `bench-${entry}`).click(),
    async over(state) {
      await onScreen(page, "over");
      await page.locator(`[data-result="${state}"]`).waitFor();
    },
  };
}

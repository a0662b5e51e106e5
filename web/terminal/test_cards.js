// The cards of the bench's tray: published test numbers' first six and last four,
// and an Interac card of ours. The server's own terminals call them by the same
// references (src/core/card.h).

const card = (name, brand, kind, firstSix, lastFour, holder, reference) =>
  ({ name, brand, kind, firstSix, lastFour, holder, reference });

export const TEST_CARDS = [
  card("visa", "visa", "credit", "412493", "9990", "TESSA TESTCARD", "VisaTestCardOne"),
  card("visa-2", "visa", "credit", "400000", "0028", "TOBIAS TRYOUT", "VisaTestCardTwo"),
  card("mastercard", "mastercard", "credit", "541333", "9130", "MINA MAKEBELIEVE", "MastercardTestCardOne"),
  card("mastercard-2", "mastercard", "credit", "541333", "0011", "PERRY PRETEND", "MastercardTestCardTwo"),
  card("amex", "amex", "credit", "374245", "1006", "EXA EXAMPLE", "AmexTestCardOne"),
  card("discover", "discover", "credit", "601197", "0005", "DORA DUMMY", "DiscoverTestCardOne"),
  card("discover-2", "discover", "credit", "601145", "3333", "NOAH NOBODY", "DiscoverTestCardTwo"),
  card("interac", "interac", "debit", "999901", "0017", null, "InteracTestCardOne"),
];

export const findCard = (name) => TEST_CARDS.find((each) => each.name === name);

// As a real terminal asks: a chip card always, a stripe where it is a debit
// card's, a tap never.
export const asksPin = ({ kind }, entry) => entry === "insert" || (entry === "swipe" && kind === "debit");

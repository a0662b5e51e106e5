// Amounts come in cents and are shown with two decimals and thousands apart.

export function amountText(cents) {
  const units = String(Math.floor(cents / 100)).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${units}.${String(cents % 100).padStart(2, "0")}`;
}

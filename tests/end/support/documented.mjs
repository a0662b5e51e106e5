// The shapes that existing integrations were written against, and where ours
// differ from them on purpose.
//
// Source: Helcim's published description of its API, "The Helcim API" 2.2.0
// (OpenAPI 3.0), schemas SuccessfulPaymentResponse, FailedPaymentResponse,
// PaymentRequest-2, FailedResponse and Device. Written down from it by hand;
// the description itself is not part of this repository.

import assert from 'node:assert/strict';

// Fields and their JSON types.
export const TRANSACTION = {
  transactionId: 'number', cardBatchId: 'number', dateCreated: 'string', status: 'string', user: 'string',
  type: 'string', amount: 'number', currency: 'string', avsResponse: 'string', cvvResponse: 'string',
  cardType: 'string', approvalCode: 'string', cardToken: 'string', cardNumber: 'string',
  cardHolderName: 'string', customerCode: 'string', invoiceNumber: 'string', warning: 'string',
};
export const VALUES = {
  status: ['APPROVED', 'DECLINED'],
  type: ['purchase', 'preauth', 'verify'],
  currency: ['CAD', 'USD'],
  cardType: ['VI', 'MC', 'AX', 'DI', 'DCI', 'JCB', 'UP', 'MR', 'AF', 'AO', 'CU', 'EB', 'EX', 'IL', 'NT', 'NY', 'PS', 'ST', 'SZ',
    'AT', 'IN', 'DB'],
};
export const PURCHASE = {
  required: { currency: 'CAD', transactionAmount: 100.99 },
  optional: { invoiceNumber: 'INV1000', customerCode: 'C-12345' },
};
// The answers of POST /devices/{code}/payment/purchase that are described.
export const PURCHASE_STATUSES = [202, 403, 404, 409, 500];
export const FILTERS = ['dateFrom', 'dateTo', 'search', 'customerCode', 'invoiceNumber', 'cardToken', 'cardBatchId', 'limit', 'page'];

// What we do otherwise, and why. Each has a test that shows it.
export const DEVIATIONS = {
  'the order of the fields': 'dateCreated stands second, as live integrations see it; objects have no order for a reader',
  'cardType': 'the example says Visa, the description lists abbreviations: it is the abbreviation',
  'cardNumber': 'the example is a number, the type a string: it is a string, for a number would lose leading zeros',
  'approvalCode': 'the example has eight characters; card networks give six, or none where it was declined',
  'type': 'refund and reverse are transactions too, and are listed with the purchases',
  'user': 'who was logged in on the terminal, not "Helcim System"',
  'warning': 'carries the reason of a decline, which is told nowhere else',
  'avsResponse and cvvResponse': 'empty: where the card is present no address and no CVV is checked',
  'errors': 'the description has an array of strings everywhere; live integrations see a string or a map outside /devices',
  'an unknown transaction': '400 with a string, as live integrations see it; the description names no status',
  'statuses': '400, 401, 405, 413, 429 and 503 are not described for a purchase and are given where they are due; 500 never',
  'Location': 'a header of the 202 that the description does not know: where the payment can be followed',
};

// The object has exactly the documented fields, of the documented types and values.
export function assertTransaction(transaction) {
  assert.deepEqual(Object.keys(transaction).sort(), Object.keys(TRANSACTION).sort());
  for (const [field, type] of Object.entries(TRANSACTION)) assert.equal(typeof transaction[field], type, field);
  for (const [field, values] of Object.entries(VALUES)) {
    const ours = field === 'type' ? [...values, 'refund', 'reverse'] : values;
    assert.ok(ours.includes(transaction[field]), `${field} is ${transaction[field]}`);
  }
  assert.ok(Number.isSafeInteger(transaction.transactionId) && Number.isSafeInteger(transaction.cardBatchId));
  assert.match(transaction.dateCreated, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  assert.match(transaction.cardNumber, /^\d{10}$/);
  assert.match(transaction.cardToken, /^[A-Z0-9]{16}$/);
  assert.match(transaction.approvalCode, transaction.status === 'APPROVED' ? /^[A-Z0-9]{6}$/ : /^$/);
}

// Whether a webhook is good, by two libraries that are not ours.

import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';

const verifier = (Library) => (verifierToken, text, headers) => {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = headers;
  try {
    new Library(verifierToken).verify(text, { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature });
    return true;
  } catch {
    return false;
  }
};

export const isGoodForStandardWebhooks = verifier(StandardWebhook);
export const isGoodForSvix = verifier(SvixWebhook);

// The same of a receiver's message, where both must agree.
export function isSigned(message, verifierToken) {
  const [one, other] = [isGoodForStandardWebhooks, isGoodForSvix].map((isGood) => isGood(verifierToken, message.text, message.headers));
  if (one !== other) throw new Error('the libraries disagree');
  return one;
}

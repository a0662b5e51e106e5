/* Our own rules, for a check (check.c): what the constraints hold while a
 * database is in use, asked once more in case a constraint was lost together
 * with the rows that broke it, and what no constraint can hold because it is
 * about several rows. */
#include "store/rule.h"

const struct store_rule store_rules[] = {
    {1,
     "SELECT 'the device code ' || code || ' stands ' || count(*) || ' times in business '"
     " || business FROM device WHERE code IS NOT NULL GROUP BY business, code HAVING count(*) > 1"},
    {1, "SELECT 'a terminal credential of device ' || min(id) || ' stands ' || count(*) || ' times'"
        " FROM device WHERE credential IS NOT NULL GROUP BY credential HAVING count(*) > 1"},
    {1, "SELECT 'a next terminal credential of device ' || min(id) || ' stands ' || count(*)"
        " || ' times' FROM device WHERE next_credential IS NOT NULL"
        " GROUP BY next_credential HAVING count(*) > 1"},
    {1, "SELECT 'the credential of device ' || one.id || ' is the next one of device ' || other.id"
        " FROM device one JOIN device other ON other.next_credential = one.credential"},
    {1, "SELECT 'user ' || user || ', who is logged in on device ' || id || ', is not of business '"
        " || business FROM device WHERE user IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM user WHERE user.id = device.user AND user.business = device.business)"},
    {1, "SELECT 'device ' || id || ' was removed and still has a credential or a user' FROM device"
        " WHERE removed <> 0 AND (user IS NOT NULL OR credential IS NOT NULL"
        " OR next_credential IS NOT NULL)"},
    {1, "SELECT 'the e-mail of user ' || min(id) || ' stands ' || count(*) || ' times' FROM user"
        " GROUP BY email HAVING count(*) > 1"},
    {1, "SELECT 'users ' || min(id) || ' and ' || max(id) || ' of business ' || business"
        " || ' have the same PIN' FROM user WHERE pin IS NOT NULL"
        " GROUP BY business, pin HAVING count(*) > 1"},
    {1, "SELECT 'the api-token ' || min(id) || ' stands ' || count(*) || ' times' FROM token"
        " GROUP BY hash HAVING count(*) > 1"},
    {2, "SELECT 'the api-token ' || one.id || ' is what api-token ' || other.id || ' was before'"
        " FROM token one JOIN token other ON other.old_hash = one.hash"},
    {2, "SELECT 'the api-token that ' || min(id) || ' was before stands ' || count(*) || ' times'"
        " FROM token WHERE old_hash IS NOT NULL GROUP BY old_hash HAVING count(*) > 1"},
    {3, "SELECT count(*) || ' payments of device ' || device || ' of business ' || business"
        " || ' are not final' FROM payment WHERE state < 5 GROUP BY business, device"
        " HAVING count(*) > 1"},
    {3, "SELECT 'payments ' || min(id) || ' and ' || max(id) || ' of business ' || business"
        " || ' have the same idempotency key' FROM payment WHERE key IS NOT NULL"
        " GROUP BY business, key HAVING count(*) > 1"},
    {3, "SELECT 'payment ' || id || ' was approved or reversed, but no approved transaction of it'"
        " || ' has its kind, amount and currency' FROM payment p"
        " WHERE (state = 5 OR reversed <> 0 OR approved IS NOT NULL) AND NOT EXISTS"
        " (SELECT 1 FROM card_transaction t WHERE t.id = p.approved AND t.business = p.business"
        " AND t.payment = p.id AND t.status = 1 AND t.type = p.kind AND t.amount = p.amount"
        " AND t.currency = p.currency)"},
    {3, "SELECT 'transaction ' || id || ' is approved, but its payment ' || payment"
        " || ' does not say so' FROM card_transaction t WHERE status = 1 AND type <> 2"
        " AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.id = t.payment AND p.approved = t.id)"},
    {3, "SELECT 'payment ' || id || ' is reversed, but there is no reversal of it'"
        " FROM payment p WHERE reversed <> 0 AND NOT EXISTS (SELECT 1 FROM card_transaction t"
        " WHERE t.payment = p.id AND t.type = 2 AND t.status = 1 AND t.amount = p.amount"
        " AND t.currency = p.currency)"},
    {3,
     "SELECT 'transaction ' || id || ' reverses payment ' || payment || ', which is not reversed'"
     " FROM card_transaction t WHERE type = 2 AND NOT EXISTS"
     " (SELECT 1 FROM payment p WHERE p.id = t.payment AND p.reversed <> 0)"},
    {3, "SELECT 'payment ' || payment || ' has ' || count(*) || ' approved transactions of a kind'"
        " FROM card_transaction WHERE status = 1 GROUP BY payment, type HAVING count(*) > 1"},
    {3, "SELECT 'attempt ' || number || ' of payment ' || payment || ' is approved, but its'"
        " || ' transaction is not there' FROM attempt a WHERE outcome = 1 AND NOT EXISTS"
        " (SELECT 1 FROM card_transaction t WHERE t.id = a.\"transaction\""
        " AND t.payment = a.payment AND t.attempt = a.number AND t.status = 1)"},
    {3, "SELECT 'attempt ' || number || ' of payment ' || payment || ' is after its last one'"
        " FROM attempt a WHERE number > (SELECT attempt FROM payment p WHERE p.id = a.payment)"},
    {3, "SELECT 'transaction ' || id || ' is in a batch of another device or currency'"
        " FROM card_transaction t WHERE EXISTS (SELECT 1 FROM card_batch b WHERE b.id = t.batch"
        " AND (b.device <> t.device OR b.currency <> t.currency))"},
    {3, "SELECT 'the card token of transaction ' || id || ' is of no card of business ' || business"
        " FROM card_transaction t WHERE brand <> 99 AND NOT EXISTS (SELECT 1 FROM card c"
        " WHERE c.business = t.business AND c.token = t.card_token)"},
    {3, "SELECT 'the events of business ' || business || ' have gaps: there are ' || count(*)"
        " || ' from ' || min(number) || ' to ' || max(number) FROM event GROUP BY business"
        " HAVING count(*) <> max(number) - min(number) + 1"},
    {3, "SELECT 'the last event of business ' || business || ' is ' || max(number)"
        " || ', which is not the one that was counted last' FROM event e GROUP BY business"
        " HAVING max(number) IS NOT (SELECT last FROM counter c WHERE c.business = e.business"
        " AND c.name = 'event')"},
    {3, "SELECT 'event ' || number || ' of business ' || business || ' is of a transaction that'"
        " || ' is not its payment''s' FROM event e WHERE kind = 0 AND NOT EXISTS"
        " (SELECT 1 FROM card_transaction t WHERE t.id = e.\"transaction\""
        " AND t.payment = e.payment AND t.business = e.business)"},
    {3, "SELECT 'delivery ' || id || ' is of event ' || event || ' of business ' || business"
        " || ', but not of its payment' FROM delivery d WHERE EXISTS (SELECT 1 FROM event e"
        " WHERE e.business = d.business AND e.number = d.event AND e.payment <> d.payment)"},
    {3, "SELECT 'payment ' || max(id) || ' has an id that may be given again' FROM payment"
        " HAVING max(id) > coalesce((SELECT last FROM counter WHERE business = 0"
        " AND name = 'payment'), 0)"},
    {3, "SELECT 'transaction ' || max(id) || ' has an id that may be given again'"
        " FROM card_transaction HAVING max(id) > coalesce((SELECT last FROM counter"
        " WHERE business = 0 AND name = 'transaction'), 0)"},
};
const size_t store_rule_count = sizeof(store_rules) / sizeof(store_rules[0]);

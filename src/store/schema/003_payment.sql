-- Payments, what became of them, and how the point of sale is told.
--
-- Amounts are integers of the minor unit. Words of the rules (states, kinds,
-- reasons) are the numbers of core/payment.h, core/card.h and
-- processor/processor.h: their order there never changes.

-- 0: test, 1: device.
ALTER TABLE business ADD COLUMN processor INTEGER NOT NULL DEFAULT 0 CHECK (processor IN (0, 1));

-- A payment's device is of the payment's business: what refers to it has both.
CREATE UNIQUE INDEX device_of ON device (business, id);

-- Numbers that grow: one row a name. `business` 0: of the whole system.
-- transaction, payment: the last id given; invoice, customer, event: the last
-- number of that business.
CREATE TABLE counter (
    business INTEGER NOT NULL,
    name     TEXT    NOT NULL,
    last     INTEGER NOT NULL,
    PRIMARY KEY (business, name)
) STRICT, WITHOUT ROWID;

-- One request on a device. state: core/payment.h; 5 and above are final.
CREATE TABLE payment (
    id           INTEGER PRIMARY KEY,
    business     INTEGER NOT NULL REFERENCES business (id),
    device       INTEGER NOT NULL,
    token        INTEGER NOT NULL,
    kind         INTEGER NOT NULL CHECK (kind IN (0, 1)),
    authority    INTEGER NOT NULL CHECK (authority IN (0, 1)),
    state        INTEGER NOT NULL CHECK (state BETWEEN 0 AND 9),
    reason       INTEGER NOT NULL CHECK (reason BETWEEN 0 AND 7),
    attempt      INTEGER NOT NULL CHECK (attempt >= 0),
    declined     INTEGER NOT NULL CHECK (declined IN (0, 1)),
    reverse      INTEGER NOT NULL CHECK (reverse IN (0, 1)),
    reversed     INTEGER NOT NULL CHECK (reversed IN (0, 1)),
    cancel_asked INTEGER NOT NULL CHECK (cancel_asked BETWEEN 0 AND 7),
    currency     TEXT    NOT NULL CHECK (length(currency) = 3),
    amount       INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 999999999),
    invoice      TEXT    NOT NULL CHECK (length(invoice) <= 64),  -- as the POS sent it, or ''
    customer     TEXT    NOT NULL CHECK (length(customer) <= 64), -- likewise
    invoice_given  TEXT CHECK (length(invoice_given) <= 64),  -- ours, where the POS sent none
    customer_given TEXT CHECK (length(customer_given) <= 64), -- likewise
    original     INTEGER, -- of a refund: the transaction that it gives back
    key          TEXT CHECK (length(key) BETWEEN 1 AND 255), -- NULL: none, or free again
    approved     INTEGER, -- the approved transaction
    created_ms   INTEGER NOT NULL,
    deadline_ms  INTEGER NOT NULL, -- 0: none
    ended_ms     INTEGER,
    UNIQUE (business, id),
    FOREIGN KEY (business, device) REFERENCES device (business, id),
    CHECK ((ended_ms IS NOT NULL) = (state >= 5)),
    CHECK ((approved IS NOT NULL) = (state = 5 OR reversed <> 0)),
    CHECK (reversed = 0 OR state = 7)
) STRICT;

-- Law 2: one payment of a key, one open payment of a device.
CREATE UNIQUE INDEX payment_key ON payment (business, key) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX payment_open ON payment (business, device) WHERE state < 5;
CREATE INDEX payment_device ON payment (business, device); -- and by id

-- Law 3: finals never change.
CREATE TRIGGER payment_final BEFORE UPDATE OF state, reason, reversed, approved ON payment
WHEN OLD.state >= 5 AND (NEW.state <> OLD.state OR NEW.approved IS NOT OLD.approved
                         OR NEW.reversed <> OLD.reversed OR NEW.reason <> OLD.reason)
BEGIN
    SELECT RAISE(ABORT, 'the payment is final');
END;

-- What is known of a card that was used at a business: cardToken is ours.
CREATE TABLE card (
    business  INTEGER NOT NULL REFERENCES business (id),
    reference TEXT    NOT NULL CHECK (length(reference) BETWEEN 8 AND 32),
    token     TEXT    NOT NULL CHECK (length(token) = 16),
    PRIMARY KEY (business, reference),
    UNIQUE (business, token)
) STRICT, WITHOUT ROWID;

-- A card presented for a payment. `due_ms`: when the processor decides, until
-- it has. outcome: NULL none yet, 0 declined, 1 approved. brand 99: a person says
-- so, and nothing is known of the card; its texts are empty.
CREATE TABLE attempt (
    business    INTEGER NOT NULL,
    payment     INTEGER NOT NULL,
    number      INTEGER NOT NULL CHECK (number BETWEEN 1 AND 10),
    began_ms    INTEGER NOT NULL,
    due_ms      INTEGER NOT NULL,
    ended_ms    INTEGER,
    outcome     INTEGER CHECK (outcome IN (0, 1)),
    brand       INTEGER NOT NULL,
    kind        INTEGER NOT NULL,
    entry       INTEGER NOT NULL,
    first_six   TEXT    NOT NULL CHECK (length(first_six) = iif(brand = 99, 0, 6)),
    last_four   TEXT    NOT NULL CHECK (length(last_four) = iif(brand = 99, 0, 4)),
    holder      TEXT    NOT NULL CHECK (length(holder) <= 26),
    reference   TEXT    NOT NULL,
    duplicate   INTEGER NOT NULL CHECK (duplicate IN (0, 1)),
    reason      TEXT    NOT NULL CHECK (length(reason) <= 160),
    approval    TEXT    NOT NULL CHECK (length(approval) IN (0, 6)),
    "transaction" INTEGER,
    PRIMARY KEY (payment, number),
    FOREIGN KEY (business, payment) REFERENCES payment (business, id),
    CHECK (iif(brand = 99, reference = '', length(reference) BETWEEN 8 AND 32)),
    CHECK ((ended_ms IS NULL) = (outcome IS NULL))
) STRICT, WITHOUT ROWID;

-- The day's transactions of a card terminal in one currency, until settled.
CREATE TABLE card_batch (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    business  INTEGER NOT NULL REFERENCES business (id),
    device    INTEGER NOT NULL,
    currency  TEXT    NOT NULL CHECK (length(currency) = 3),
    opened_ms INTEGER NOT NULL,
    closed_ms INTEGER,
    UNIQUE (business, id),
    FOREIGN KEY (business, device) REFERENCES device (business, id)
) STRICT;
CREATE UNIQUE INDEX card_batch_open ON card_batch (business, device, currency)
    WHERE closed_ms IS NULL;

-- What the API calls a card transaction: one attempt's outcome, or a reversal.
-- status: 0 declined, 1 approved. type: 0 purchase, 1 refund, 2 reverse.
-- brand 99: as in attempt.
CREATE TABLE card_transaction (
    id         INTEGER PRIMARY KEY,
    business   INTEGER NOT NULL,
    payment    INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    device     INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    batch      INTEGER NOT NULL,
    status     INTEGER NOT NULL CHECK (status IN (0, 1)),
    type       INTEGER NOT NULL CHECK (type BETWEEN 0 AND 2),
    user       TEXT    NOT NULL,
    amount     INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 999999999),
    currency   TEXT    NOT NULL CHECK (length(currency) = 3),
    brand      INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    approval   TEXT    NOT NULL CHECK (length(approval) IN (0, 6)),
    card_token TEXT    NOT NULL CHECK (length(card_token) = iif(brand = 99, 0, 16)),
    first_six  TEXT    NOT NULL CHECK (length(first_six) = iif(brand = 99, 0, 6)),
    last_four  TEXT    NOT NULL CHECK (length(last_four) = iif(brand = 99, 0, 4)),
    holder     TEXT    NOT NULL CHECK (length(holder) <= 26),
    customer   TEXT    NOT NULL CHECK (length(customer) <= 64),
    invoice    TEXT    NOT NULL CHECK (length(invoice) <= 64),
    warning    TEXT    NOT NULL CHECK (length(warning) <= 160),
    FOREIGN KEY (business, payment) REFERENCES payment (business, id),
    FOREIGN KEY (business, batch) REFERENCES card_batch (business, id)
) STRICT;

-- Law 2: at most one approved transaction of a payment (a reversal beside it).
CREATE UNIQUE INDEX transaction_approved ON card_transaction (payment, type) WHERE status = 1;
CREATE UNIQUE INDEX transaction_attempt ON card_transaction (payment, attempt, type);
-- Lists come newest first by each of these.
CREATE INDEX transaction_date ON card_transaction (business, created_ms);
CREATE INDEX transaction_invoice ON card_transaction (business, invoice, created_ms);
CREATE INDEX transaction_customer ON card_transaction (business, customer, created_ms);
CREATE INDEX transaction_card ON card_transaction (business, card_token, created_ms);
CREATE INDEX transaction_batch ON card_transaction (business, batch, created_ms);

-- What a point of sale is told: durable, numbered per business without gaps.
-- kind: 0 cardTransaction, 1 terminalCancel; others may come that are of no payment.
CREATE TABLE event (
    business      INTEGER NOT NULL,
    number        INTEGER NOT NULL,
    at_ms         INTEGER NOT NULL,
    kind          INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 15),
    payment       INTEGER CHECK (payment IS NOT NULL OR kind > 1),
    "transaction" INTEGER, -- of cardTransaction
    PRIMARY KEY (business, number),
    FOREIGN KEY (business, payment) REFERENCES payment (business, id),
    CHECK (("transaction" IS NOT NULL) = (kind = 0))
) STRICT, WITHOUT ROWID;

-- Where a business's events go. `events`: bit 1 << kind. The secrets are what
-- signatures are made with, so they cannot be hashes.
CREATE TABLE webhook (
    business     INTEGER PRIMARY KEY REFERENCES business (id),
    url          TEXT    NOT NULL CHECK (length(CAST(url AS BLOB)) BETWEEN 1 AND 1024),
    events       INTEGER NOT NULL CHECK (events BETWEEN 1 AND 3),
    secret       BLOB    NOT NULL CHECK (length(secret) = 32),
    old_secret   BLOB    CHECK (length(old_secret) = 32),
    old_until_ms INTEGER CHECK ((old_until_ms IS NULL) = (old_secret IS NULL)),
    created_ms   INTEGER NOT NULL
) STRICT;

-- One event on its way. state: 0 waiting, 1 delivered, 2 dead (waits for a
-- resend). message_id is the same on every attempt.
CREATE TABLE delivery (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    business   INTEGER NOT NULL REFERENCES business (id),
    event      INTEGER NOT NULL,
    payment    INTEGER NOT NULL,
    message_id TEXT    NOT NULL UNIQUE CHECK (length(message_id) BETWEEN 5 AND 40),
    state      INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
    attempts   INTEGER NOT NULL CHECK (attempts >= 0), -- since it was made, or resent
    next_ms    INTEGER NOT NULL, -- while it waits: not before
    created_ms INTEGER NOT NULL,
    ended_ms   INTEGER,
    UNIQUE (business, event),
    FOREIGN KEY (business, event) REFERENCES event (business, number),
    CHECK ((ended_ms IS NULL) = (state = 0))
) STRICT;
-- What waits: by payment, so that its events go in order; what was never sent,
-- oldest first; what was sent, by its time.
CREATE INDEX delivery_order ON delivery (business, payment, id) WHERE state = 0;
CREATE INDEX delivery_fresh ON delivery (business, id) WHERE state = 0 AND attempts = 0;
CREATE INDEX delivery_again ON delivery (business, next_ms) WHERE state = 0 AND attempts > 0;
CREATE INDEX delivery_dead ON delivery (business, id) WHERE state = 2;

-- What came of each attempt at it. status 0: no answer; `problem` says why.
CREATE TABLE delivery_attempt (
    delivery INTEGER NOT NULL REFERENCES delivery (id),
    number   INTEGER NOT NULL, -- over its whole life, resends included
    at_ms    INTEGER NOT NULL,
    took_ms  INTEGER NOT NULL,
    status   INTEGER NOT NULL,
    problem  TEXT    NOT NULL CHECK (length(CAST(problem AS BLOB)) <= 256),
    PRIMARY KEY (delivery, number)
) STRICT, WITHOUT ROWID;

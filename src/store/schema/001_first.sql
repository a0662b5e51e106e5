-- Businesses, their people, their tokens, their Smart Terminals.
--
-- Moments are milliseconds since 1970 UTC. Secrets are here as hashes of 32
-- bytes only. AUTOINCREMENT: an id is never given twice, because caches and
-- logs still know the old one.

CREATE TABLE business (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    currency   TEXT    NOT NULL CHECK (length(currency) = 3),
    api_mode   INTEGER NOT NULL CHECK (api_mode IN (0, 1)),
    created_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE user (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    business      INTEGER NOT NULL REFERENCES business (id),
    name          TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    email         TEXT    NOT NULL UNIQUE
                  CHECK (length(email) BETWEEN 1 AND 254 AND email = lower(email)),
    password_hash TEXT    NOT NULL CHECK (length(password_hash) BETWEEN 1 AND 127),
    pin           BLOB    CHECK (length(pin) = 32),
    role          INTEGER NOT NULL CHECK (role IN (0, 1)),
    created_ms    INTEGER NOT NULL,
    UNIQUE (business, id)
) STRICT;

CREATE UNIQUE INDEX user_pin ON user (business, pin) WHERE pin IS NOT NULL;

CREATE TABLE token (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    business   INTEGER NOT NULL REFERENCES business (id),
    name       TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    hash       BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    general    INTEGER NOT NULL CHECK (general BETWEEN 0 AND 2),
    settings   INTEGER NOT NULL CHECK (settings BETWEEN 0 AND 2),
    processing INTEGER NOT NULL CHECK (processing BETWEEN 0 AND 3),
    created_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX token_business ON token (business);

-- A row lives as long as its business. A removed device keeps its code, so
-- that nobody else gets it and it comes back under it. Who is logged in must
-- be of the same business: the foreign key has both columns.
CREATE TABLE device (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    business        INTEGER NOT NULL REFERENCES business (id),
    serial          TEXT    NOT NULL CHECK (length(serial) BETWEEN 1 AND 64),
    code            TEXT    CHECK (length(code) = 4 AND code NOT GLOB '*[^A-Z0-9]*'),
    name            TEXT    NOT NULL DEFAULT '' CHECK (length(name) <= 80),
    user            INTEGER,
    created_ms      INTEGER NOT NULL,
    credential      BLOB    CHECK (length(credential) = 32),
    next_credential BLOB    CHECK (length(next_credential) = 32),
    credential_ms   INTEGER NOT NULL,
    removed         INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)),
    UNIQUE (business, serial),
    FOREIGN KEY (business, user) REFERENCES user (business, id),
    CHECK (credential <> next_credential),
    CHECK (removed = 0
           OR (user IS NULL AND credential IS NULL AND next_credential IS NULL))
) STRICT;

CREATE UNIQUE INDEX device_code ON device (business, code) WHERE code IS NOT NULL;
CREATE UNIQUE INDEX device_credential ON device (credential) WHERE credential IS NOT NULL;
CREATE UNIQUE INDEX device_next_credential ON device (next_credential)
    WHERE next_credential IS NOT NULL;
CREATE INDEX device_user ON device (business, user) WHERE user IS NOT NULL;

-- GET /devices walks this one in order and reads nothing else (hence `removed`,
-- which is always 0 in it).
CREATE INDEX device_list ON device (business, created_ms, id, code, removed)
    WHERE code IS NOT NULL AND removed = 0;

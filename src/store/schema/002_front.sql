-- What a server on a network needs to remember: how a business is to behave,
-- how long secrets are good, who was last here, and who changed what.

-- Either all three limits are there or none: then the server's default holds.
ALTER TABLE business ADD COLUMN preset_helcim INTEGER NOT NULL DEFAULT 0
    CHECK (preset_helcim IN (0, 1));
ALTER TABLE business ADD COLUMN rate_concurrent INTEGER CHECK (rate_concurrent >= 0);
ALTER TABLE business ADD COLUMN rate_minute INTEGER CHECK (rate_minute >= 0);
ALTER TABLE business ADD COLUMN rate_hour INTEGER CHECK (rate_hour >= 0);

-- After a rotation the old secret is good until its moment, beside the new.
ALTER TABLE token ADD COLUMN expires_ms INTEGER;
ALTER TABLE token ADD COLUMN used_ms INTEGER;
ALTER TABLE token ADD COLUMN old_hash BLOB CHECK (length(old_hash) = 32);
ALTER TABLE token ADD COLUMN old_until_ms INTEGER
    CHECK ((old_until_ms IS NULL) = (old_hash IS NULL));

CREATE UNIQUE INDEX token_old_hash ON token (old_hash) WHERE old_hash IS NOT NULL;

-- old_credential is the one that was dropped last: whoever shows it is a copy
-- of the terminal, or was told to go. renew: another credential at the next
-- connection, whatever the age of this one.
ALTER TABLE device ADD COLUMN seen_ms INTEGER;
ALTER TABLE device ADD COLUMN wrong_pins INTEGER NOT NULL DEFAULT 0 CHECK (wrong_pins >= 0);
ALTER TABLE device ADD COLUMN old_credential BLOB CHECK (length(old_credential) = 32);
ALTER TABLE device ADD COLUMN renew INTEGER NOT NULL DEFAULT 0 CHECK (renew IN (0, 1));

CREATE INDEX device_old_credential ON device (old_credential)
    WHERE old_credential IS NOT NULL;

-- Who changed what. It outlives what it is about: no foreign keys.
CREATE TABLE audit (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms    INTEGER NOT NULL,
    business INTEGER,
    actor    TEXT    NOT NULL CHECK (length(CAST(actor AS BLOB)) BETWEEN 1 AND 80),
    action   TEXT    NOT NULL CHECK (length(CAST(action AS BLOB)) BETWEEN 1 AND 40),
    subject  TEXT    NOT NULL CHECK (length(CAST(subject AS BLOB)) <= 80),
    detail   TEXT    NOT NULL CHECK (length(CAST(detail AS BLOB)) <= 1024)
) STRICT;

CREATE INDEX audit_business ON audit (business, id) WHERE business IS NOT NULL;

-- One row: when this database was last written to. A wall clock far before it
-- was set back.
CREATE TABLE moment (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    wall_ms INTEGER NOT NULL
) STRICT;

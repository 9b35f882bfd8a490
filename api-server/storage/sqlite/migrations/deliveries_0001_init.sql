R"sql(
CREATE TABLE parcels (
  number      INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  traceparent TEXT NOT NULL,
  body        TEXT NOT NULL
);

-- `head` marks the one of a lane whose turn it is: whoever looks for work reads an index of those
-- that can be sent, and no others.
CREATE TABLE deliveries (
  number        INTEGER PRIMARY KEY AUTOINCREMENT,
  id            TEXT NOT NULL UNIQUE,
  webhook       TEXT NOT NULL,
  lane          TEXT NOT NULL,
  sequence      INTEGER NOT NULL,
  parcel        INTEGER NOT NULL,
  type          TEXT NOT NULL,
  entity        TEXT NOT NULL,
  position      INTEGER NOT NULL,
  status        INTEGER NOT NULL,
  head          INTEGER NOT NULL,
  attempts      INTEGER NOT NULL,
  earlier       INTEGER NOT NULL,  -- attempts before it was replayed
  due           INTEGER NOT NULL,
  created       INTEGER NOT NULL,
  first_attempt INTEGER NOT NULL,
  settled       INTEGER NOT NULL,
  last_status   INTEGER NOT NULL,
  error         TEXT NOT NULL
);
CREATE INDEX deliveries_head ON deliveries (webhook, due) WHERE head = 1;
CREATE UNIQUE INDEX deliveries_turn ON deliveries (webhook, lane) WHERE head = 1;
CREATE INDEX deliveries_open ON deliveries (webhook, lane, sequence) WHERE status < 2;
CREATE INDEX deliveries_webhook ON deliveries (webhook, number);
CREATE INDEX deliveries_status ON deliveries (webhook, status, number);
CREATE INDEX deliveries_settled ON deliveries (status, settled) WHERE status >= 2;
CREATE INDEX deliveries_parcel ON deliveries (parcel);

CREATE TABLE attempts (
  delivery         INTEGER NOT NULL,
  attempt          INTEGER NOT NULL,
  at               INTEGER NOT NULL,
  took             INTEGER NOT NULL,
  status           INTEGER NOT NULL,
  request_headers  TEXT NOT NULL,
  response_headers TEXT NOT NULL,
  response_body    TEXT NOT NULL,
  error            TEXT NOT NULL,
  PRIMARY KEY (delivery, attempt)
) WITHOUT ROWID;

CREATE TABLE webhooks (
  webhook       TEXT PRIMARY KEY,
  failing_since INTEGER NOT NULL,
  dead_in_row   INTEGER NOT NULL,
  hold_until    INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE progress (position INTEGER NOT NULL);
INSERT INTO progress VALUES (-1);
)sql"

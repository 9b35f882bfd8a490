R"sql(
-- Times are milliseconds since 1970. As few b-trees as the reads allow: each one that a command
-- touches is a page more to flush.

CREATE TABLE events (
  position INTEGER PRIMARY KEY,
  stream   TEXT    NOT NULL,
  version  INTEGER NOT NULL,
  type     TEXT    NOT NULL,
  at       INTEGER NOT NULL,
  actor    TEXT    NOT NULL,
  body     TEXT    NOT NULL,
  hash     BLOB    NOT NULL
);
CREATE UNIQUE INDEX events_by_stream ON events (stream, version);

-- A row keeps its place when its document changes: the number is the place, the id is looked up.
CREATE TABLE views (
  number         INTEGER PRIMARY KEY,
  id             TEXT    NOT NULL UNIQUE,
  kind           TEXT    NOT NULL,
  status         TEXT    NOT NULL,
  version        INTEGER NOT NULL,
  schema_version INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  tags           TEXT    NOT NULL,
  doc            TEXT    NOT NULL,
  text           TEXT    NOT NULL
);
CREATE INDEX views_by_status ON views (kind, status, id);

CREATE TABLE tags (
  key   TEXT    NOT NULL,
  value TEXT    NOT NULL,
  rank  INTEGER NOT NULL,
  at    INTEGER NOT NULL,
  id    TEXT    NOT NULL,
  PRIMARY KEY (key, value, rank, at, id)
) WITHOUT ROWID;

CREATE TABLE timers (
  stream TEXT    NOT NULL,
  name   TEXT    NOT NULL,
  due    INTEGER NOT NULL,
  PRIMARY KEY (stream, name)
) WITHOUT ROWID;
CREATE INDEX timers_by_due ON timers (due);

-- status: 0 pending, 1 leased, 2 done, 3 obsolete, 4 dead
CREATE TABLE effects (
  number   INTEGER PRIMARY KEY,
  id       TEXT    NOT NULL UNIQUE,
  stream   TEXT    NOT NULL,
  kind     TEXT    NOT NULL,
  payload  TEXT    NOT NULL,
  status   INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  due      INTEGER NOT NULL,
  error    TEXT    NOT NULL
);
CREATE INDEX effects_by_status ON effects (status, due);

-- Answers are too large for a row in the tree of the key; the numbers are in order of time.
CREATE TABLE requests (
  number      INTEGER PRIMARY KEY,
  principal   TEXT    NOT NULL,
  key         TEXT    NOT NULL,
  fingerprint TEXT    NOT NULL,
  status      INTEGER NOT NULL,
  answer      TEXT    NOT NULL,
  at          INTEGER NOT NULL
);
CREATE UNIQUE INDEX requests_by_key ON requests (principal, key);

CREATE TABLE seals (
  position  INTEGER PRIMARY KEY,
  digest    BLOB    NOT NULL,
  signature TEXT    NOT NULL,
  at        INTEGER NOT NULL
);
)sql"

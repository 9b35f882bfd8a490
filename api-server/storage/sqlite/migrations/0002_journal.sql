R"sql(
-- Up to which number the journal's records are in the tables, and whose they are: bytes that no
-- other store has.
CREATE TABLE journal (
  moved INTEGER NOT NULL,
  store BLOB    NOT NULL
);
INSERT INTO journal VALUES (0, randomblob(16));
)sql"

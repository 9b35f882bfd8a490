R"sql(
-- Everything is read from the log again: documents have more columns than the old ones can tell.
DROP TABLE documents;
DROP TABLE words;
UPDATE progress SET position = 0;

-- The newest document has the highest number: a document whose words change gets a new one. `head`
-- is how its text begins; the whole of a longer one is in `bodies`.
CREATE TABLE documents (
  number   INTEGER PRIMARY KEY,
  id       TEXT NOT NULL UNIQUE,
  kind     TEXT NOT NULL,
  status   TEXT NOT NULL,
  pipeline TEXT NOT NULL,
  at       INTEGER NOT NULL,
  size     INTEGER NOT NULL,
  title    TEXT NOT NULL,
  head     TEXT NOT NULL
);
CREATE TABLE bodies (number INTEGER PRIMARY KEY, text TEXT NOT NULL);

-- Between when the documents of the same ten thousand numbers changed, roughly: what left keeps its
-- part in it.
CREATE TABLE eras (era INTEGER PRIMARY KEY, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL);

-- Only which word occurs in which document: the texts are above, ranks and snippets are made from
-- those. Words can be looked up by their first 2 or 4 letters at the price of whole words.
CREATE VIRTUAL TABLE words USING fts5 (
  word, content = '', detail = none, columnsize = 0, prefix = '2 4',
  tokenize = 'unicode61 remove_diacritics 2'
);
)sql"

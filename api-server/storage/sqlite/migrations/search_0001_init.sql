R"sql(
-- The newest document has the highest number: a document that changes gets a new one.
CREATE TABLE documents (
  number INTEGER PRIMARY KEY,
  id     TEXT NOT NULL UNIQUE,
  kind   TEXT NOT NULL,
  title  TEXT NOT NULL,
  text   TEXT NOT NULL
);

-- Only which word occurs in which document: the texts are above, ranks and snippets are made from
-- those. Words can be looked up by their first 2 or 4 letters at the price of whole words.
CREATE VIRTUAL TABLE words USING fts5 (
  word, content = '', detail = none, columnsize = 0, prefix = '2 4',
  tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TABLE progress (position INTEGER NOT NULL);
INSERT INTO progress VALUES (0);
)sql"

-- Rows exist for ready images only. at: the position by capture (domain/image/list-position.ts). name: empty for all
-- images of an owner, C and a type, T and a tag.
CREATE TABLE captured_rows (
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  at TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (user_id, name, at)
) STRICT, WITHOUT ROWID;

CREATE INDEX captured_rows_of_all ON captured_rows (name, at, n);

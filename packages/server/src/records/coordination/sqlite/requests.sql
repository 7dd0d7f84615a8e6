-- What operators' commands ask of the running service, which alone may change what it remembers. Times are milliseconds since 1970.
CREATE TABLE requests (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  -- JSON; empty once it is answered
  body TEXT NOT NULL,
  -- waiting, running, done or failed
  state TEXT NOT NULL,
  -- a sentence for the operator
  progress TEXT,
  -- JSON
  answer TEXT,
  asked_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

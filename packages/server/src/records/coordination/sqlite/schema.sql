-- Who does what only one may do at a time.
CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Where walks through all objects go on.
CREATE TABLE bookmarks (
  name TEXT PRIMARY KEY,
  position TEXT NOT NULL
) STRICT, WITHOUT ROWID;

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
  changed_at INTEGER NOT NULL,
  -- how many processes have begun it: all but the last have ended while they did it
  attempts INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

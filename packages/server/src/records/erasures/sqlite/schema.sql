-- Times are milliseconds since 1970. user_hash is an HMAC-SHA256 of the user's id by the erasure key, in hex.
CREATE TABLE erasures (
  id TEXT NOT NULL UNIQUE,
  user_hash TEXT NOT NULL,
  erased_at INTEGER NOT NULL,
  blocked_until INTEGER NOT NULL,
  -- separated by spaces
  image_ids TEXT NOT NULL
) STRICT;

-- Blocks are read from the index alone.
CREATE INDEX erasures_by_block ON erasures (blocked_until, user_hash);
CREATE INDEX erasures_by_user ON erasures (user_hash);

CREATE TABLE erasure_key (
  n INTEGER PRIMARY KEY CHECK (n = 1),
  key TEXT NOT NULL
) STRICT;

-- JSON, which has the user's id while the deletion is open.
CREATE TABLE deletions (
  user_hash TEXT PRIMARY KEY,
  is_open INTEGER NOT NULL,
  deletion TEXT NOT NULL
) STRICT, WITHOUT ROWID;

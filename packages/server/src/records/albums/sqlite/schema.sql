-- album is JSON. state: shown, deleting while images are left in a deleted one, or deleted.
CREATE TABLE albums (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  album TEXT NOT NULL,
  state TEXT NOT NULL,
  forget_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX albums_by_user ON albums (user_id, state, id);
CREATE INDEX albums_by_state ON albums (state, id) WHERE state <> 'shown';

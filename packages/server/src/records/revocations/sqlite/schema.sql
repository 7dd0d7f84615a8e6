-- Times are milliseconds since 1970. An empty user_id: the token of any user; an empty token_id: all of the user's.
CREATE TABLE view_revocations (
  n INTEGER PRIMARY KEY,
  user_id TEXT NOT NULL,
  token_id TEXT NOT NULL,
  not_before INTEGER NOT NULL,
  forget_at INTEGER NOT NULL,
  UNIQUE (user_id, token_id),
  CHECK (user_id <> '' OR token_id <> '')
) STRICT;

CREATE INDEX view_revocations_by_last_day ON view_revocations (forget_at);

-- Times are milliseconds since 1970. An empty user_id: the token of any user; an empty token_id: all of the user's.
CREATE TABLE view_revocations (
  user_id text COLLATE "C" NOT NULL,
  token_id text COLLATE "C" NOT NULL,
  not_before bigint NOT NULL,
  forget_at bigint NOT NULL,
  PRIMARY KEY (user_id, token_id),
  CHECK (user_id <> '' OR token_id <> '')
);

CREATE INDEX view_revocations_by_last_day ON view_revocations (forget_at);

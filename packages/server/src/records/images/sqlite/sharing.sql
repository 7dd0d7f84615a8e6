-- null: private.
ALTER TABLE images ADD COLUMN visibility TEXT;
ALTER TABLE images ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
-- The upload token that permitted the upload, and its limit; null where there was none.
ALTER TABLE images ADD COLUMN token_id TEXT;
ALTER TABLE images ADD COLUMN token_max_bytes INTEGER;
-- Of ready and trashed images: JSON; null where there are none.
ALTER TABLE images ADD COLUMN links TEXT;

-- How many images each upload token with a limit has permitted.
CREATE TABLE upload_token_uses (
  token_id TEXT PRIMARY KEY,
  used INTEGER NOT NULL,
  forget_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX upload_token_uses_by_last_day ON upload_token_uses (forget_at);

-- Times are milliseconds since 1970; tags and metadata are JSON. The first index pages a write touches decide its cost:
-- a grant touches the table, the unique index and the two indexes that cover every status.
CREATE TABLE images (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'ready', 'rejected', 'expired', 'deleted')),
  filename TEXT NOT NULL,
  tags TEXT NOT NULL,
  description TEXT,
  metadata TEXT NOT NULL,
  content_type TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  -- ready
  object_key TEXT,
  size_bytes INTEGER,
  sha256 TEXT,
  width INTEGER,
  height INTEGER,
  placeholder TEXT,
  uploaded_at INTEGER,
  -- pending
  attempt TEXT,
  lease_until INTEGER,
  is_direct INTEGER,
  look_at INTEGER,
  strikes INTEGER,
  promised_size INTEGER,
  promised_sha256 TEXT,
  -- rejected
  rejection_code TEXT,
  rejection_detail TEXT,
  -- deleted
  deleted_at INTEGER,
  -- while work is left, which the sweeper does; then, of an image that is over, when the record goes
  due_at INTEGER,
  forget_at INTEGER
) STRICT;

CREATE INDEX images_by_user ON images (user_id, status, id);
CREATE INDEX images_by_status ON images (status, id);

-- Only statements that say status = 'ready' literally can use these: a bound parameter matches no partial index.
CREATE INDEX images_by_type ON images (content_type, id) WHERE status = 'ready';
CREATE INDEX images_by_user_and_type ON images (user_id, content_type, id) WHERE status = 'ready';

CREATE INDEX images_by_attempt ON images (attempt) WHERE attempt IS NOT NULL;
CREATE INDEX images_by_due_time ON images (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX images_by_last_day ON images (forget_at) WHERE forget_at IS NOT NULL;

-- Rows exist for ready images only. n, the image's row number, leads to its record without a second look-up by id.
CREATE TABLE image_tags (
  tag TEXT NOT NULL,
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  content_type TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (tag, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX image_tags_by_user ON image_tags (user_id, tag, id, n);
CREATE INDEX image_tags_by_type ON image_tags (tag, content_type, id, n);
CREATE INDEX image_tags_by_user_and_type ON image_tags (user_id, tag, content_type, id, n);

-- An expired use counts for nothing: the next use of its key takes its place.
CREATE TABLE idempotency_keys (
  user_id TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  image_id TEXT NOT NULL,
  lease_until INTEGER,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_last_day ON idempotency_keys (expires_at);

-- Who does what only one may do at a time.
CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

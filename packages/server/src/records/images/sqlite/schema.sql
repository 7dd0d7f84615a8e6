-- Times are milliseconds since 1970; tags and metadata are JSON. The first index pages a write touches decide its cost:
-- a grant touches the table, the unique index and the two indexes that cover every status.
-- No CHECK on status, so that the next status needs no other table: image-row.ts reads no unknown one.
CREATE TABLE images (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL,
  status TEXT NOT NULL,
  filename TEXT NOT NULL,
  tags TEXT NOT NULL,
  description TEXT,
  metadata TEXT NOT NULL,
  focal_point TEXT,
  content_type TEXT NOT NULL,
  uploaded_by TEXT,
  -- null: private
  visibility TEXT,
  epoch INTEGER NOT NULL DEFAULT 0,
  -- the upload token that permitted the upload, and its limit; null where there was none
  token_id TEXT,
  token_max_bytes INTEGER,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  -- ready, trashed and held; object_tag is the store's entity tag of the verified object: null on disk
  object_key TEXT,
  object_tag TEXT,
  size_bytes INTEGER,
  sha256 TEXT,
  width INTEGER,
  height INTEGER,
  placeholder TEXT,
  dominant_color TEXT,
  uploaded_at INTEGER,
  -- JSON; null where there are none. The working copy is what renditions are made from; null: the original
  rendition_failures TEXT,
  links TEXT,
  working_copy TEXT,
  -- what gates and persons have decided: JSON
  decisions TEXT,
  -- what a held image waits for, and the gates that a pending one needs: JSON
  screening TEXT,
  -- pending; reserved_bytes is the most that its upload may store
  attempt TEXT,
  lease_until INTEGER,
  is_direct INTEGER,
  look_at INTEGER,
  crashes INTEGER,
  promised_size INTEGER,
  promised_sha256 TEXT,
  reserved_bytes INTEGER,
  trace TEXT,
  -- rejected; params are JSON
  rejection_code TEXT,
  rejection_detail TEXT,
  rejection_params TEXT,
  -- deleted
  deleted_at INTEGER,
  -- while the sweeper has work: when; of a trashed image, when it is purged
  due_at INTEGER,
  -- of an ended image without remains: when the record is removed
  forget_at INTEGER,
  -- trashed: when its renditions need maintenance once it is restored
  maintain_at INTEGER,
  -- the lanes of domain/image/lane.ts: each is swept by itself, in the order in which its work is due
  lane TEXT GENERATED ALWAYS AS (
    CASE
      WHEN status = 'ready' THEN 'renditions'
      WHEN status = 'held' THEN 'screening'
      WHEN status = 'pending' AND (attempt IS NOT NULL OR crashes > 0) THEN 'recovery'
      ELSE 'removal'
    END
  ) VIRTUAL
) STRICT;

CREATE INDEX images_by_user ON images (user_id, status, id);
CREATE INDEX images_by_status ON images (status, id);

-- Only statements that say status = 'ready' literally can use these: a bound parameter matches no partial index.
CREATE INDEX images_by_type ON images (content_type, id) WHERE status = 'ready';
CREATE INDEX images_by_user_and_type ON images (user_id, content_type, id) WHERE status = 'ready';

CREATE INDEX images_by_attempt ON images (attempt) WHERE attempt IS NOT NULL;
CREATE INDEX images_by_lane ON images (lane, due_at) WHERE due_at IS NOT NULL;
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

-- How many images each upload token with a limit has permitted.
CREATE TABLE upload_token_uses (
  token_id TEXT PRIMARY KEY,
  used INTEGER NOT NULL,
  forget_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX upload_token_uses_by_last_day ON upload_token_uses (forget_at);

-- Words of ready images. The terms come from search-terms.ts; the tokenizer separates them at spaces and changes nothing else.
CREATE VIRTUAL TABLE image_search USING fts5 (
  terms,
  tokenize = 'ascii',
  content = '',
  detail = 'none',
  columnsize = 0
);

-- Removes a deleted image's words from the file at once; FTS5 alone would keep them until it merges their segment.
INSERT INTO image_search (image_search, rank) VALUES ('secure-delete', 1);

-- The row in image_search of the image in row n of images. Positions sort by creation time: search-index.ts.
CREATE TABLE image_search_rows (
  position INTEGER PRIMARY KEY,
  n INTEGER NOT NULL UNIQUE
) STRICT;

-- SQLite can't change a CHECK, so the table is rebuilt for the status 'trashed'. The new one has no CHECK on status, so that the
-- next status needs no rebuild: image-row.ts reads no other status. Row numbers stay, because image_tags refers to them.
CREATE TABLE images_rebuilt (
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
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  -- ready and trashed
  object_key TEXT,
  size_bytes INTEGER,
  sha256 TEXT,
  width INTEGER,
  height INTEGER,
  placeholder TEXT,
  uploaded_at INTEGER,
  object_tag TEXT,
  dominant_color TEXT,
  rendition_failures TEXT,
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
  -- while the sweeper has work: when; of a trashed image, when it is purged
  due_at INTEGER,
  -- of an ended image without remains: when the record is removed
  forget_at INTEGER,
  -- trashed: when its renditions need maintenance once it is restored
  maintain_at INTEGER,
  lane TEXT GENERATED ALWAYS AS (
    CASE
      WHEN status = 'ready' THEN 'renditions'
      WHEN status = 'pending' AND (attempt IS NOT NULL OR strikes > 0) THEN 'recovery'
      ELSE 'removal'
    END
  ) VIRTUAL
) STRICT;

INSERT INTO images_rebuilt (
  n, id, user_id, status, filename, tags, description, metadata, focal_point, content_type, updated_at, revision,
  expires_at,
  object_key, size_bytes, sha256, width, height, placeholder, uploaded_at, object_tag, dominant_color, rendition_failures,
  attempt, lease_until, is_direct, look_at, strikes, promised_size, promised_sha256,
  rejection_code, rejection_detail, deleted_at, due_at, forget_at
)
SELECT
  n, id, user_id, status, filename, tags, description, metadata, focal_point, content_type, updated_at, revision,
  expires_at,
  object_key, size_bytes, sha256, width, height, placeholder, uploaded_at, object_tag, dominant_color, rendition_failures,
  attempt, lease_until, is_direct, look_at, strikes, promised_size, promised_sha256,
  rejection_code, rejection_detail, deleted_at, due_at, forget_at
FROM images ORDER BY n;

DROP TABLE images;
ALTER TABLE images_rebuilt RENAME TO images;

CREATE INDEX images_by_user ON images (user_id, status, id);
CREATE INDEX images_by_status ON images (status, id);
CREATE INDEX images_by_type ON images (content_type, id) WHERE status = 'ready';
CREATE INDEX images_by_user_and_type ON images (user_id, content_type, id) WHERE status = 'ready';
CREATE INDEX images_by_attempt ON images (attempt) WHERE attempt IS NOT NULL;
CREATE INDEX images_by_last_day ON images (forget_at) WHERE forget_at IS NOT NULL;
CREATE INDEX images_by_lane ON images (lane, due_at) WHERE due_at IS NOT NULL;

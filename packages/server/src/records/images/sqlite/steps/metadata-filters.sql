ALTER TABLE images ADD COLUMN filtered_by TEXT;
-- Rows exist for ready images only, for the names in their filtered_by.
CREATE TABLE image_metadata (
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  id TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (user_id, name, value, id)
) STRICT, WITHOUT ROWID;

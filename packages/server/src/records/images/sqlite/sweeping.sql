-- The lanes of domain/image/lane.ts: each is swept by itself, in the order in which its work is due.
ALTER TABLE images ADD COLUMN lane TEXT GENERATED ALWAYS AS (
  CASE
    WHEN status = 'ready' THEN 'renditions'
    WHEN status = 'pending' AND (attempt IS NOT NULL OR strikes > 0) THEN 'recovery'
    ELSE 'removal'
  END
) VIRTUAL;
DROP INDEX images_by_due_time;
CREATE INDEX images_by_lane ON images (lane, due_at) WHERE due_at IS NOT NULL;

-- Where walks through all objects go on.
CREATE TABLE bookmarks (
  name TEXT PRIMARY KEY,
  position TEXT NOT NULL
) STRICT, WITHOUT ROWID;

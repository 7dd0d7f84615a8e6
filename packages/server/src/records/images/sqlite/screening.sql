-- What a held image waits for, and the gates that a pending one needs: JSON. What gates have decided: JSON.
ALTER TABLE images ADD COLUMN screening TEXT;
ALTER TABLE images ADD COLUMN decisions TEXT;

-- Held images have a lane of their own. The column is virtual: no row is rewritten, only the index.
DROP INDEX images_by_lane;
ALTER TABLE images DROP COLUMN lane;
ALTER TABLE images ADD COLUMN lane TEXT GENERATED ALWAYS AS (
  CASE
    WHEN status = 'ready' THEN 'renditions'
    WHEN status = 'held' THEN 'screening'
    WHEN status = 'pending' AND (attempt IS NOT NULL OR strikes > 0) THEN 'recovery'
    ELSE 'removal'
  END
) VIRTUAL;
CREATE INDEX images_by_lane ON images (lane, due_at) WHERE due_at IS NOT NULL;

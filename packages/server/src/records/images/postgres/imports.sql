ALTER TABLE images ADD COLUMN former_id text COLLATE "C";
ALTER TABLE images ADD COLUMN fetch_from text COLLATE "C";
-- A process of the former version, which may still run, ends an image and leaves its former id.
CREATE UNIQUE INDEX images_by_former_id ON images (former_id)
  WHERE former_id IS NOT NULL AND status IN ('pending', 'held', 'ready', 'trashed');

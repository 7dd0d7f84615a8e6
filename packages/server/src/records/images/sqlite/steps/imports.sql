ALTER TABLE images ADD COLUMN former_id TEXT;
ALTER TABLE images ADD COLUMN fetch_from TEXT;
-- Only images that haven't ended have a former id: the write that ends an image sets the column to null.
CREATE UNIQUE INDEX images_by_former_id ON images (former_id) WHERE former_id IS NOT NULL;

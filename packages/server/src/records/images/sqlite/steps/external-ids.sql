ALTER TABLE images ADD COLUMN external_id TEXT;
-- Only images that haven't ended have an external id: the write that ends an image sets the column to null.
CREATE UNIQUE INDEX images_by_external_id ON images (user_id, external_id) WHERE external_id IS NOT NULL;

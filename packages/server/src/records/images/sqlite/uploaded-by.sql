-- The credential that uploaded the image; null where there was none.
ALTER TABLE images ADD COLUMN uploaded_by TEXT;

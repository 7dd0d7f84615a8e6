-- Of ready images: the store's entity tag of the verified object; null on disk, and where it was published before.
ALTER TABLE images ADD COLUMN object_tag TEXT;

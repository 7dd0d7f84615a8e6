-- Of ready images. What was verified before has no color; due_at is when renditions want looking after, while they do.
ALTER TABLE images ADD COLUMN dominant_color TEXT;
-- JSON; null where none failed.
ALTER TABLE images ADD COLUMN rendition_failures TEXT;

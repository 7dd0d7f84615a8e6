-- What the renditions of a ready, trashed or held image are made from: JSON; null: the original.
ALTER TABLE images ADD COLUMN working_copy TEXT;

ALTER TABLE images ADD COLUMN facts TEXT;
ALTER TABLE images ADD COLUMN has_details INTEGER;
-- What pictures say that isn't in their records. n: the row of the record. Ended images have none.
CREATE TABLE image_details (n INTEGER PRIMARY KEY, details TEXT NOT NULL) STRICT;

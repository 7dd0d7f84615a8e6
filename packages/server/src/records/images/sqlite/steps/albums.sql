ALTER TABLE images ADD COLUMN albums TEXT;
-- Rows exist for ready images only. added and place: where the image stands (domain/lists/list-position.ts) in the order
-- of addition, and by hand. By capture the rows of an album are in captured_rows.
CREATE TABLE album_rows (
  album_id TEXT NOT NULL,
  id TEXT NOT NULL,
  added TEXT NOT NULL,
  place TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (album_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX album_rows_by_addition ON album_rows (album_id, added, n);
CREATE INDEX album_rows_by_place ON album_rows (album_id, place, n);

-- How many rows each album has.
CREATE TABLE album_counts (album_id TEXT PRIMARY KEY, images INTEGER NOT NULL) STRICT, WITHOUT ROWID;

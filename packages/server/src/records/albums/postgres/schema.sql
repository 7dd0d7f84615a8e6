-- album is JSON. state: shown, deleting while images are left in a deleted one, or deleted. An album changes whenever its
-- images do: updates find room in their page.
CREATE TABLE albums (
  id text COLLATE "C" PRIMARY KEY,
  user_id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  album text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  forget_at bigint
) WITH (fillfactor = 80);

CREATE INDEX albums_by_user ON albums (user_id, state, id);
CREATE INDEX albums_by_state ON albums (state, id) WHERE state <> 'shown';

-- Rows exist for ready images only. added and place: where the image stands (domain/lists/list-position.ts) in the order
-- of addition, and by hand; both end with its id. By capture the rows of an album are in captured_rows.
CREATE TABLE album_rows (
  album_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  added text COLLATE "C" NOT NULL,
  place text COLLATE "C" NOT NULL,
  PRIMARY KEY (album_id, id)
);

CREATE INDEX album_rows_by_addition ON album_rows (album_id, added);
CREATE INDEX album_rows_by_place ON album_rows (album_id, place);

-- How many rows each album has: the sum of its counters, of which one alone may be below zero. shard: 0 to 7.
CREATE TABLE album_counts (
  album_id text COLLATE "C" NOT NULL,
  shard integer NOT NULL,
  images bigint NOT NULL,
  PRIMARY KEY (album_id, shard)
) WITH (fillfactor = 50);

-- Times are milliseconds since 1970. user_hash is an HMAC-SHA256 of the user's id by the erasure key, in hex.
CREATE TABLE erasures (
  id text COLLATE "C" PRIMARY KEY,
  user_hash text COLLATE "C" NOT NULL,
  erased_at bigint NOT NULL,
  blocked_until bigint NOT NULL,
  -- separated by spaces
  image_ids text COLLATE "C" NOT NULL
);

CREATE INDEX erasures_by_user ON erasures (user_hash, id);

-- The end of each user's last block. A user with many images has many erasures, and processes read the blocks often.
CREATE TABLE erasure_blocks (
  user_hash text COLLATE "C" PRIMARY KEY,
  blocked_until bigint NOT NULL
);

CREATE INDEX erasure_blocks_by_end ON erasure_blocks (blocked_until);

CREATE TABLE erasure_key (
  n int PRIMARY KEY CHECK (n = 1),
  key text COLLATE "C" NOT NULL
);

-- JSON, which has the user's id while the deletion is open.
CREATE TABLE deletions (
  user_hash text COLLATE "C" PRIMARY KEY,
  is_open boolean NOT NULL,
  deletion text COLLATE "C" NOT NULL
);

CREATE INDEX deletions_open ON deletions (user_hash) WHERE is_open;

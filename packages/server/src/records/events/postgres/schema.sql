-- The log of changes. There is no row before a process that logs has started. Times are milliseconds since 1970.
CREATE TABLE event_log (
  n integer PRIMARY KEY CHECK (n = 1),
  -- the random id
  log text COLLATE "C" NOT NULL,
  -- changes up to this time may be missing; 0: none are missing
  incomplete_until bigint NOT NULL
);

-- One row for each shard of the log, once it has begun.
CREATE TABLE event_shards (
  shard integer PRIMARY KEY,
  -- the sequence of the last event: raised last in the transaction of a change, and locked until its end
  last bigint NOT NULL,
  -- no event up to this sequence is kept
  forgotten bigint NOT NULL
);

-- Rows are never changed. A sequence is never used again, also of a removed event.
CREATE TABLE events (
  shard integer NOT NULL,
  sequence bigint NOT NULL,
  type text COLLATE "C" NOT NULL,
  image_id text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  revision bigint NOT NULL,
  status text COLLATE "C" NOT NULL,
  code text COLLATE "C",
  -- names of fields, separated by spaces
  changed text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  -- when it was written: a restored image's change is older
  logged_at bigint NOT NULL,
  PRIMARY KEY (shard, sequence)
);

CREATE INDEX events_of_user ON events (user_id, shard, sequence);

-- What the images of each owner add up to, while usage is counted.
CREATE TABLE usage (
  user_id TEXT PRIMARY KEY,
  bytes INTEGER NOT NULL,
  images INTEGER NOT NULL,
  trashed_bytes INTEGER NOT NULL,
  pending INTEGER NOT NULL,
  reserved_bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Limits of single owners; null: none. Owners without a row have the configured ones.
CREATE TABLE quotas (
  user_id TEXT PRIMARY KEY,
  bytes INTEGER,
  images INTEGER,
  pending INTEGER
) STRICT, WITHOUT ROWID;

-- A recount of all owners: the sums of the images up to that row. Transitions of those images change the sums too.
CREATE TABLE usage_recount_position (
  n INTEGER NOT NULL
) STRICT;

CREATE TABLE usage_recounts (
  user_id TEXT PRIMARY KEY,
  bytes INTEGER NOT NULL,
  images INTEGER NOT NULL,
  trashed_bytes INTEGER NOT NULL,
  pending INTEGER NOT NULL,
  reserved_bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row once all owners were recounted, until a service that doesn't count writes.
CREATE TABLE usage_counted (
  since INTEGER NOT NULL
) STRICT;

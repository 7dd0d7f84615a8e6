-- Counters have eight rows each, which add up: of transactions at once, few meet (shard.ts). Rows change often, their
-- indexed columns never, so new versions find room in their page. A vacuum doesn't lock a table to shorten it.

-- What the images of each owner add up to, while usage is counted.
CREATE TABLE usage (
  user_id text COLLATE "C" NOT NULL,
  shard smallint NOT NULL,
  bytes bigint NOT NULL,
  images bigint NOT NULL,
  trashed_bytes bigint NOT NULL,
  pending bigint NOT NULL,
  reserved_bytes bigint NOT NULL,
  PRIMARY KEY (user_id, shard)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, vacuum_truncate = false);

-- How many images of each owner are in each counted state (domain/usage/status-counts.ts).
CREATE TABLE image_counts (
  user_id text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  shard smallint NOT NULL,
  images bigint NOT NULL,
  PRIMARY KEY (user_id, status, shard)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, vacuum_truncate = false);

-- How many ready images of each owner were taken in each month (2024-07); user_id is empty for all owners.
CREATE TABLE captured_months (
  user_id text COLLATE "C" NOT NULL,
  month text COLLATE "C" NOT NULL,
  shard smallint NOT NULL,
  images bigint NOT NULL,
  PRIMARY KEY (user_id, month, shard)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, vacuum_truncate = false);

-- Limits of single owners; null: none. Owners without a row have the configured ones.
CREATE TABLE quotas (
  user_id text COLLATE "C" PRIMARY KEY,
  bytes bigint,
  images bigint,
  pending bigint
);

-- At most one row, which a process that doesn't count removes. since: when all owners had been recounted. recount: the
-- name of the recount that runs.
CREATE TABLE usage_counted (
  n smallint PRIMARY KEY,
  since bigint,
  recount text COLLATE "C"
);

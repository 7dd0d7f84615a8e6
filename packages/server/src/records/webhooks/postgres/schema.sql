-- Endpoints that are told of events. Ids sort by creation. Every change but one of `position` raises the version.
CREATE TABLE webhooks (
  id text COLLATE "C" PRIMARY KEY,
  version bigint NOT NULL,
  -- the only user whose events are told; null: all
  user_id text COLLATE "C",
  -- JSON; its version is the one of `replace` or `create`, and that of a replay is only in the column
  webhook text COLLATE "C" NOT NULL,
  -- JSON: up to where events became deliveries
  position text COLLATE "C"
);

-- One event for one webhook. Times are milliseconds since 1970.
CREATE TABLE deliveries (
  webhook_id text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  shard integer NOT NULL,
  sequence bigint NOT NULL,
  event_at bigint NOT NULL,
  -- JSON
  event text COLLATE "C" NOT NULL,
  -- waiting, delivered or failed
  status text COLLATE "C" NOT NULL,
  attempts integer NOT NULL,
  due_at bigint NOT NULL,
  -- JSON: the last attempt
  last text COLLATE "C",
  created_at bigint NOT NULL,
  PRIMARY KEY (webhook_id, event_id)
);

CREATE INDEX deliveries_unfinished ON deliveries (webhook_id, shard, sequence) WHERE status = 'waiting';
CREATE INDEX deliveries_by_time ON deliveries (webhook_id, event_at, event_id);
CREATE INDEX deliveries_finished ON deliveries (created_at) WHERE status <> 'waiting';
CREATE INDEX deliveries_by_user ON deliveries (user_id);
-- A page of one status reads no rows of the others.
CREATE INDEX deliveries_by_status ON deliveries (webhook_id, status, event_at, event_id);

-- Endpoints that are told of events. Ids sort by creation. Every change but one of `position` raises the version.
CREATE TABLE webhooks (
  id TEXT NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL,
  -- the only user whose events are told; null: all
  user_id TEXT,
  -- JSON
  webhook TEXT NOT NULL,
  -- JSON: up to where events became deliveries
  position TEXT
) STRICT, WITHOUT ROWID;

-- One event for one webhook. Times are milliseconds since 1970.
CREATE TABLE deliveries (
  webhook_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  shard INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  event_at INTEGER NOT NULL,
  -- JSON
  event TEXT NOT NULL,
  -- waiting, delivered or failed
  status TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  -- JSON: the last attempt
  last TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (webhook_id, event_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX deliveries_unfinished ON deliveries (webhook_id, shard, sequence) WHERE status = 'waiting';
CREATE INDEX deliveries_by_time ON deliveries (webhook_id, event_at, event_id);
CREATE INDEX deliveries_finished ON deliveries (created_at) WHERE status <> 'waiting';
CREATE INDEX deliveries_by_user ON deliveries (user_id);
-- A page of one status reads no rows of the others.
CREATE INDEX deliveries_by_status ON deliveries (webhook_id, status, event_at, event_id);

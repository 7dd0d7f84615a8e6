-- API keys, also revoked ones. Ids sort by creation.
CREATE TABLE api_keys (
  id TEXT NOT NULL PRIMARY KEY,
  -- SHA-256 of the secret, in hex; the secret itself is nowhere
  secret_hash TEXT NOT NULL,
  name TEXT NOT NULL,
  owner TEXT,
  -- JSON: user ids, or ["*"]
  acts_as TEXT,
  -- JSON
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER,
  revoked_at INTEGER,
  -- JSON: the ids of predecessors, the latest first
  replaces TEXT NOT NULL,
  -- the key that replaces this one
  successor TEXT,
  -- the id that names the Idempotency-Keys of its upload tokens
  keyspace TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX api_keys_by_owner ON api_keys (owner, id) WHERE owner IS NOT NULL;

-- API keys, also revoked ones. Ids sort by creation. Times are milliseconds since 1970.
CREATE TABLE api_keys (
  id text COLLATE "C" PRIMARY KEY,
  -- SHA-256 of the secret, in hex; the secret itself is nowhere
  secret_hash text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  owner text COLLATE "C",
  -- JSON: user ids, or ["*"]
  acts_as text COLLATE "C",
  -- JSON
  scopes text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint,
  last_used_at bigint,
  revoked_at bigint,
  -- JSON: the ids of predecessors, the latest first
  replaces text COLLATE "C" NOT NULL,
  -- the key that replaces this one
  successor text COLLATE "C",
  -- the id that names the Idempotency-Keys of its upload tokens
  keyspace text COLLATE "C" NOT NULL
);

CREATE INDEX api_keys_by_owner ON api_keys (owner, id) WHERE owner IS NOT NULL;

-- The key that replaces this one, and the id that names the Idempotency-Keys of its upload tokens: null in records of older versions.
ALTER TABLE api_keys ADD COLUMN successor TEXT;
ALTER TABLE api_keys ADD COLUMN keyspace TEXT;

-- Times are milliseconds since 1970. due_at is when a job may be handed out next: a lease, a delay and a backoff are all that.
CREATE TABLE jobs (
  -- Never used twice: what decides about a job of the past must not meet a new one.
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  body TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  -- Deliveries so far; the newest one's number, by which older ones are known.
  attempt INTEGER NOT NULL
) STRICT;

CREATE INDEX jobs_by_due ON jobs (due_at);

CREATE TABLE dead_letters (
  died_at INTEGER NOT NULL,
  n INTEGER NOT NULL,
  body TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (died_at, n)
) STRICT, WITHOUT ROWID;

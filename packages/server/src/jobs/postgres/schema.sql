-- due_at is when a job may be handed out next, in milliseconds since 1970 by the clock of the database: a lease, a
-- delay and a backoff are all that. n is never used twice: what decides about a past job must not meet a new one.
-- attempt counts the deliveries so far: it is the newest one's number, by which older ones are known.
CREATE TABLE jobs (
  n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  body text COLLATE "C" NOT NULL,
  due_at bigint NOT NULL,
  attempt integer NOT NULL
);

CREATE INDEX jobs_by_due ON jobs (due_at, n);

CREATE TABLE dead_letters (
  died_at bigint NOT NULL,
  n bigint NOT NULL,
  body text COLLATE "C" NOT NULL,
  reason text COLLATE "C" NOT NULL,
  PRIMARY KEY (died_at, n)
);

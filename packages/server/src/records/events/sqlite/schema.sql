-- The log of changes. The row exists while each change is logged: a service that doesn't log deletes it with its first change.
CREATE TABLE event_log (
  n INTEGER PRIMARY KEY CHECK (n = 1),
  -- the random id
  log TEXT NOT NULL,
  -- no event up to this sequence is readable: it is of an earlier log, or was removed
  forgotten INTEGER NOT NULL
) STRICT;

-- Times are milliseconds since 1970. A sequence is never used again, also of a removed event.
CREATE TABLE events (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  type TEXT NOT NULL,
  image_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  status TEXT NOT NULL,
  code TEXT,
  -- names of fields, separated by spaces
  changed TEXT NOT NULL,
  at INTEGER NOT NULL,
  -- when it was written: a restored image's change is older
  logged_at INTEGER NOT NULL
) STRICT;

CREATE INDEX events_of_user ON events (user_id);

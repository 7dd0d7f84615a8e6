-- Who does what only one may do at a time. Times are milliseconds since 1970.
CREATE TABLE leases (
  name text COLLATE "C" PRIMARY KEY,
  holder text COLLATE "C" NOT NULL,
  until bigint NOT NULL
);

-- Where walks through all objects go on.
CREATE TABLE bookmarks (
  name text COLLATE "C" PRIMARY KEY,
  position text COLLATE "C" NOT NULL
);

-- The secret that the service made for itself.
CREATE TABLE shared_secret (
  n int PRIMARY KEY CHECK (n = 1),
  secret text COLLATE "C" NOT NULL
);

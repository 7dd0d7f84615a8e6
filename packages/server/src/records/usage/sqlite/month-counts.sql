-- How many ready images of each owner were taken in each month (2024-07); user_id is empty for all owners.
CREATE TABLE captured_months (
  user_id TEXT NOT NULL,
  month TEXT NOT NULL,
  images INTEGER NOT NULL,
  PRIMARY KEY (user_id, month)
) STRICT, WITHOUT ROWID;

-- How many processes have begun the request: all but the last have ended while they did it.
ALTER TABLE requests ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;

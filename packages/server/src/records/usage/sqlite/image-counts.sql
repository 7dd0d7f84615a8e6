-- How many images of each owner are in each counted state (domain/usage/status-counts.ts).
CREATE TABLE image_counts (
  user_id TEXT NOT NULL,
  status TEXT NOT NULL,
  images INTEGER NOT NULL,
  PRIMARY KEY (user_id, status)
) STRICT, WITHOUT ROWID;

INSERT INTO image_counts (user_id, status, images)
SELECT user_id, status, COUNT(*) FROM images INDEXED BY images_by_user
WHERE status IN ('pending', 'held', 'ready', 'trashed')
GROUP BY user_id, status;

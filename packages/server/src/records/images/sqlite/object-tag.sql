-- Of ready images: the store's entity tag of the verified object; null on disk, and where it was published before.
ALTER TABLE images ADD COLUMN object_tag TEXT;

-- Versions before this one kept what was said of an image that is over; the sweeper doesn't come to those with a last day.
UPDATE images
SET tags = '[]', description = NULL, metadata = '{}', revision = revision + 1,
  filename = CASE status WHEN 'rejected' THEN filename ELSE 'image.jpg' END
WHERE status IN ('rejected', 'expired', 'deleted')
  AND (tags <> '[]' OR description IS NOT NULL OR metadata <> '{}' OR (status <> 'rejected' AND filename <> 'image.jpg'));

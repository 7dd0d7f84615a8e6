--- Which images of a user have the same bytes: POST /images/known. Deleted images have no digest.
CREATE INDEX images_by_user_and_bytes ON images (user_id, sha256, status) WHERE sha256 IS NOT NULL;

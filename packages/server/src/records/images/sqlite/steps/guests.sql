ALTER TABLE images ADD COLUMN guest_name TEXT;

ALTER TABLE images ADD COLUMN parts text COLLATE "C";

-- The values of a rejection as JSON; null: none, or a record from before.
ALTER TABLE images ADD COLUMN rejection_params TEXT;

-- JSON, {"x":0.25,"y":0.5}; null where there is none.
ALTER TABLE images ADD COLUMN focal_point TEXT;

-- The span that granted a pending image, if its trace is kept, as W3C Trace Context writes it; null: none.
ALTER TABLE images ADD COLUMN trace TEXT;

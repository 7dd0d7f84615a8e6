-- Words of ready images. The terms come from search-terms.ts; the tokenizer separates them at spaces and changes nothing else.
CREATE VIRTUAL TABLE image_search USING fts5 (
  terms,
  tokenize = 'ascii',
  content = '',
  detail = 'none',
  columnsize = 0
);

-- Removes a deleted image's words from the file at once; FTS5 alone would keep them until it merges their segment.
INSERT INTO image_search (image_search, rank) VALUES ('secure-delete', 1);

-- The row in image_search of the image in row n of images. Positions sort by creation time: search-index.ts.
CREATE TABLE image_search_rows (
  position INTEGER PRIMARY KEY,
  n INTEGER NOT NULL UNIQUE
) STRICT;

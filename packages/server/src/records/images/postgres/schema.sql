-- Times are milliseconds since 1970; tags and metadata are JSON. Columns as in images/sqlite/schema.sql.
-- Text is compared by code points. A record changes often: updates find room in their page.
CREATE TABLE images (
  id text COLLATE "C" PRIMARY KEY,
  user_id text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  filename text COLLATE "C" NOT NULL,
  tags text COLLATE "C" NOT NULL,
  description text COLLATE "C",
  metadata text COLLATE "C" NOT NULL,
  focal_point text COLLATE "C",
  content_type text COLLATE "C" NOT NULL,
  uploaded_by text COLLATE "C",
  guest_name text COLLATE "C",
  replaces text COLLATE "C",
  -- null: private
  visibility text COLLATE "C",
  epoch bigint NOT NULL,
  external_id text COLLATE "C",
  albums text COLLATE "C",
  -- the upload token that permitted the upload, and its limit; null where there was none
  token_id text COLLATE "C",
  token_max_bytes bigint,
  updated_at bigint NOT NULL,
  revision bigint NOT NULL,
  expires_at bigint NOT NULL,
  -- ready, trashed and held; object_tag is the store's entity tag of the verified object: null on disk
  object_key text COLLATE "C",
  object_tag text COLLATE "C",
  size_bytes bigint,
  sha256 text COLLATE "C",
  width bigint,
  height bigint,
  placeholder text COLLATE "C",
  dominant_color text COLLATE "C",
  uploaded_at bigint,
  facts text COLLATE "C",
  has_details bigint,
  -- JSON; null where there are none
  rendition_failures text COLLATE "C",
  links text COLLATE "C",
  working_copy text COLLATE "C",
  -- what gates and persons have decided: JSON
  decisions text COLLATE "C",
  -- what a held image waits for, and the gates that a pending one needs: JSON
  screening text COLLATE "C",
  -- the names of metadata by which it is listed
  filtered_by text COLLATE "C",
  -- pending; reserved_bytes is the most that its upload may store
  attempt text COLLATE "C",
  lease_until bigint,
  is_direct bigint,
  look_at bigint,
  crashes bigint,
  promised_size bigint,
  promised_sha256 text COLLATE "C",
  reserved_bytes bigint,
  trace text COLLATE "C",
  -- rejected; params are JSON
  rejection_code text COLLATE "C",
  rejection_detail text COLLATE "C",
  rejection_params text COLLATE "C",
  -- deleted
  deleted_at bigint,
  -- while the sweeper has work: when; of a trashed image, when it is purged
  due_at bigint,
  -- of an ended image without remains: when the record is removed
  forget_at bigint,
  -- trashed: when its renditions need maintenance once it is restored
  maintain_at bigint,
  -- the lanes of domain/image/lane.ts: each is swept by itself, in the order in which its work is due
  lane text COLLATE "C" GENERATED ALWAYS AS (
    CASE
      WHEN status = 'ready' THEN 'renditions'
      WHEN status = 'held' THEN 'screening'
      WHEN status = 'pending' AND (attempt IS NOT NULL OR crashes > 0) THEN 'recovery'
      ELSE 'removal'
    END
  ) STORED
) WITH (fillfactor = 80);

-- "POSIX" orders text as "C" does, but an index by one can't serve a statement that compares by the other. The planner
-- doesn't know that an owner's images may all be old: for their lists it would also walk the primary key, or another index
-- of the images of all owners, and drop the rows of others. So these lists compare by another collation than they have.
CREATE INDEX images_by_user ON images (user_id, status, id COLLATE "POSIX");
CREATE INDEX images_by_status ON images (status, id COLLATE "POSIX");
CREATE INDEX images_by_type ON images (content_type, id COLLATE "POSIX") WHERE status = 'ready';
CREATE INDEX images_by_user_and_type ON images (user_id, content_type, id COLLATE "POSIX") WHERE status = 'ready';
CREATE INDEX images_by_lane ON images (lane, due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX images_by_last_day ON images (forget_at) WHERE forget_at IS NOT NULL;
-- Only images that haven't ended have an external id: the write that ends an image sets the column to null.
CREATE UNIQUE INDEX images_by_external_id ON images (user_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX images_by_user_and_bytes ON images (user_id, sha256, status) WHERE sha256 IS NOT NULL;

-- What pictures say that isn't in their records. Ended images have none.
CREATE TABLE image_details (id text COLLATE "C" PRIMARY KEY, details text COLLATE "C" NOT NULL);

-- Rows of lists exist for ready images only.
CREATE TABLE image_tags (
  tag text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  content_type text COLLATE "C" NOT NULL,
  PRIMARY KEY (tag, id)
);

CREATE INDEX image_tags_by_user ON image_tags (user_id, tag, id COLLATE "POSIX");
CREATE INDEX image_tags_by_type ON image_tags (tag, content_type, id);
CREATE INDEX image_tags_by_user_and_type ON image_tags (user_id, tag, content_type, id COLLATE "POSIX");

-- at: the position by capture (domain/lists/list-position.ts). name: empty for all images of an owner, C and a type, T and
-- a tag, A and an album.
CREATE TABLE captured_rows (
  user_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  at text COLLATE "C" NOT NULL,
  PRIMARY KEY (user_id, name, at)
);

CREATE INDEX captured_rows_of_all ON captured_rows (name, at COLLATE "POSIX");

-- For the names in their filtered_by.
CREATE TABLE image_metadata (
  user_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  PRIMARY KEY (user_id, name, value, id)
);

-- The beginnings of words (images/search-terms.ts), each behind its owner.
CREATE TABLE image_terms (
  term text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  PRIMARY KEY (term, id)
);

-- An expired use counts for nothing: the next use of its key takes its place.
CREATE TABLE idempotency_keys (
  user_id text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  fingerprint text COLLATE "C" NOT NULL,
  image_id text COLLATE "C" NOT NULL,
  lease_until bigint,
  expires_at bigint NOT NULL,
  PRIMARY KEY (user_id, key)
);

CREATE INDEX idempotency_keys_by_last_day ON idempotency_keys (expires_at);

-- How many images each upload token with a limit has permitted.
CREATE TABLE upload_token_uses (
  token_id text COLLATE "C" PRIMARY KEY,
  used bigint NOT NULL,
  forget_at bigint NOT NULL
);

CREATE INDEX upload_token_uses_by_last_day ON upload_token_uses (forget_at);

-- Whether the database can be written: a row that is removed with the transaction that adds it.
CREATE TABLE write_checks (id text COLLATE "C" PRIMARY KEY);

/** What a backup does with stored data of a kind. */
export interface Fate {
  readonly is: 'archived' | 'derived' | 'left out';
  readonly why: string;
}

const archived = (why: string): Fate => ({ is: 'archived', why });
const derived = (why: string): Fate => ({ is: 'derived', why });
const leftOut = (why: string): Fate => ({ is: 'left out', why });

/** Each table of SQLite. */
export const TABLES = {
  images: archived('records; a backup keeps those of held, ready and trashed images'),
  image_details: archived('in the line of their image'),
  image_tags: derived('from ready images, for lists by tag'),
  image_metadata: derived('from ready images, for lists by metadata'),
  captured_rows: derived('from ready images, for lists by capture'),
  albums: archived('albums that are not deleted; which images they have stands in the lines of these'),
  album_rows: derived('from ready images, for lists of an album'),
  album_counts: derived('from ready images, for the numbers of albums'),
  captured_months: derived('from ready images, for months'),
  image_search: derived('from ready images, for search'),
  image_search_rows: derived('from ready images, for search'),
  api_keys: archived('API keys, of which only hashes are stored'),
  quotas: archived('limits of single owners'),
  upload_token_uses: archived('a token with a limit works no more often after a restore'),
  view_revocations: archived('a view token that was revoked stays revoked after a restore'),
  erasures: archived('users whose data was deleted, so that no older backup brings them back'),
  erasure_key: archived('the key of the hashes in erasures'),
  deletions: leftOut('deletions on their way here, and their receipts'),
  webhooks: archived('webhooks, without their place in the log, which ends with this database'),
  deliveries: leftOut('deliveries of events of a log that is left out'),
  requests: leftOut('what a command asks of the service that runs at this moment'),
  image_counts: derived('from images, for the numbers of lists'),
  usage: derived('from images'),
  usage_recounts: derived('from images, while they are recounted'),
  usage_recount_position: leftOut('where a recount of this database continues'),
  usage_counted: leftOut('whether this database counts, which each start sets'),
  idempotency_keys: leftOut('they end after a day, and refer to requests of another time'),
  leases: leftOut('who works at this moment'),
  bookmarks: leftOut('where walks through the objects of this service go on'),
  event_log: leftOut('a log of changes has no place in a restored service'),
  events: leftOut('what happened here; a restored image is a new event'),
  jobs: leftOut('the sweeper finds the work again in the records'),
  dead_letters: leftOut('jobs that failed here'),
} as const satisfies Record<string, Fate>;

/** Each table of PostgreSQL. */
export const POSTGRES_TABLES = {
  images: TABLES.images,
  image_details: TABLES.image_details,
  image_tags: TABLES.image_tags,
  image_metadata: TABLES.image_metadata,
  captured_rows: TABLES.captured_rows,
  image_terms: TABLES.image_search,
  albums: TABLES.albums,
  album_rows: TABLES.album_rows,
  album_counts: TABLES.album_counts,
  captured_months: TABLES.captured_months,
  api_keys: TABLES.api_keys,
  quotas: TABLES.quotas,
  upload_token_uses: TABLES.upload_token_uses,
  view_revocations: TABLES.view_revocations,
  erasures: TABLES.erasures,
  erasure_blocks: derived('from erasures, for the users who are blocked now'),
  erasure_key: TABLES.erasure_key,
  deletions: TABLES.deletions,
  webhooks: TABLES.webhooks,
  deliveries: TABLES.deliveries,
  image_counts: TABLES.image_counts,
  usage: TABLES.usage,
  usage_counted: TABLES.usage_counted,
  idempotency_keys: TABLES.idempotency_keys,
  leases: TABLES.leases,
  bookmarks: TABLES.bookmarks,
  event_log: TABLES.event_log,
  event_shards: TABLES.event_log,
  events: TABLES.events,
  jobs: TABLES.jobs,
  dead_letters: TABLES.dead_letters,
  shared_secret: leftOut('the secret, unless the operator asks for it'),
  write_checks: leftOut('whether this database can be written'),
  safelight_schema: leftOut('which version wrote this database'),
} as const satisfies Record<string, Fate>;

/** Each beginning of a partition key in DynamoDB, of the table and of its indexes. */
export const KEY_PREFIXES = {
  'I#': archived('records; a backup keeps those of held, ready and trashed images'),
  'Y#': archived('in the line of their image'),
  'T#': derived('from ready images, for lists of an owner by tag'),
  'C#': derived('from ready images, for lists of an owner by type'),
  'M#': derived('from ready images, for lists of an owner by metadata'),
  'ZI#': derived('from ready images, for lists of albums'),
  'ZC#': derived('from ready images, for how many images an album has'),
  'GT#': derived('from ready images, for lists of all owners by tag'),
  'GC#': derived('from ready images, for lists of all owners by type'),
  'E#': archived('users whose data was deleted, and the key of their hashes; blocks are derived, deletions left out'),
  'K#': leftOut('uses of Idempotency-Keys end after a day, and refer to requests of another time'),
  'D#': derived('from images, so that an owner has an external id once'),
  'DF#': derived('from images, so that a former id is there once'),
  'A#': archived('API keys, of which only hashes are stored'),
  'Z#': archived('albums; their images say that they are in them'),
  'N#': archived('a token with a limit works no more often after a restore'),
  'X#': archived('a view token that was revoked stays revoked after a restore'),
  'XT#': archived('a view token that was revoked stays revoked after a restore'),
  'Q#': archived('limits of single owners; the usage in the same items is derived from images'),
  'J#': derived('from ready images, for months'),
  'O#': derived('from images and limits, for lists of owners'),
  'VX#': leftOut('what happened here; a restored image is a new event'),
  'VL#': leftOut('what happened here; a restored image is a new event'),
  'VU#': leftOut('what happened here; a restored image is a new event'),
  'B#': archived('webhooks, without their place in the log, which ends with this table'),
  'BD#': leftOut('deliveries of events of a log that is left out'),
  'BF#': leftOut('deliveries of events of a log that is left out'),
  'L#': leftOut('who works at this moment'),
  'S#': leftOut('settings and bookmarks of this table; the secret, unless the operator asks for it'),
  'U#': derived('an index: records of an owner'),
  'F#': derived('an index: ready records of a shard'),
  'P#': derived('an index: pending records of a shard'),
  'H#': derived('an index: held records of a shard'),
  'R#': derived('an index: rejected records of a shard'),
  'W#': derived('an index: records of a shard with work left'),
} as const satisfies Record<string, Fate>;

/** The kinds with that fate. */
export const namesOf = (kinds: Readonly<Record<string, Fate>>, fate: Fate['is']): readonly string[] =>
  Object.entries(kinds).flatMap(([name, { is }]) => (is === fate ? [name] : []));

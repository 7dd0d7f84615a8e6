import type { Details } from '../../../domain/facts/facts.ts';
import { type Image, isDetailed } from '../../../domain/image/image.ts';
import { ALBUM_COLUMNS, albumOf } from '../../albums/album-row.ts';
import { ERASURE_COLUMNS, erasureOf, PAGE_ERASURES } from '../../erasures/erasure-row.ts';
import { storedDetails } from '../../images/facts-text.ts';
import { COLUMNS, idOf, imageOf, type Row } from '../../images/image-row.ts';
import { KEY_COLUMNS, keyIn } from '../../keys/key-row.ts';
import type { Statements } from '../../postgres/database.ts';
import { REVOCATION_COLUMNS, revocationIn } from '../../revocations/revocation-row.ts';
import { limitsIn } from '../../usage/usage-row.ts';
import { WEBHOOK_COLUMNS, webhookOf } from '../../webhooks/postgres/postgres.ts';
import { type ArchiveRecord, type ReadAllOptions, unplaced } from '../record-archive.ts';
import { createRecordReader, withDetails } from '../unreadable.ts';

/** Rows that are read at once: some milliseconds, also of images with long metadata. */
const PAGE_ROWS = 500;

/** A table in the order of its primary key, which ends each row. */
interface Walk {
  readonly sql: string;
  /** Before every key. */
  readonly first: readonly (string | number)[];
  readonly recordOf: (row: Row) => ArchiveRecord | undefined;
}

/** All records, page by page, as `statements` sees each page. */
export async function* allRecords(
  statements: Pick<Statements, 'rows'>,
  options: ReadAllOptions,
): AsyncGenerator<readonly ArchiveRecord[], void, void> {
  const { readImage, readOther } = createRecordReader(options);
  const withDetailsOf = createDetailsReader(statements, options);
  const images: Walk = {
    sql: `SELECT ${COLUMNS}, id FROM images WHERE id > $1 ORDER BY id LIMIT ${PAGE_ROWS}`,
    first: [''],
    recordOf: (row) => readImage(idOf(row), () => ({ image: imageOf(row) })),
  };
  for await (const records of recordsOf(statements, images, options)) yield await withDetailsOf(records);

  const others: readonly Walk[] = [
    {
      sql: `SELECT ${ALBUM_COLUMNS}, id FROM albums WHERE id > $1 AND state = 'shown' ORDER BY id LIMIT ${PAGE_ROWS}`,
      first: [''],
      recordOf: (row) => readOther(`album ${row[0]}`, () => ({ kind: 'album', album: albumOf(row) })),
    },
    {
      sql: `SELECT ${KEY_COLUMNS}, id FROM api_keys WHERE id > $1 ORDER BY id LIMIT ${PAGE_ROWS}`,
      first: [''],
      recordOf: (row) => readOther(`API key ${row[0]}`, () => ({ kind: 'key', key: keyIn(row) })),
    },
    {
      sql: `SELECT bytes, images, pending, user_id FROM quotas WHERE user_id > $1 ORDER BY user_id LIMIT ${PAGE_ROWS}`,
      first: [''],
      recordOf: (row) => ({ kind: 'limits', userId: String(row.at(-1)), limits: limitsIn(row) }),
    },
    {
      sql: `SELECT used, forget_at, token_id FROM upload_token_uses WHERE token_id > $1
        ORDER BY token_id LIMIT ${PAGE_ROWS}`,
      first: [''],
      recordOf: ([used, forgetAt, tokenId]) => ({
        kind: 'token-count',
        tokenId: String(tokenId),
        used: Number(used),
        forgetAt: new Date(Number(forgetAt)),
      }),
    },
    {
      sql: `SELECT ${REVOCATION_COLUMNS}, user_id, token_id FROM view_revocations WHERE (user_id, token_id) > ($1, $2)
        ORDER BY user_id, token_id LIMIT ${PAGE_ROWS}`,
      first: ['', ''],
      recordOf: (row) =>
        readOther(`revocation ${row.slice(-2).join(' ')}`, () => ({
          kind: 'revocation',
          revocation: revocationIn(row),
        })),
    },
    {
      sql: `SELECT key, n FROM erasure_key WHERE n > $1 ORDER BY n LIMIT ${PAGE_ROWS}`,
      first: [0],
      recordOf: ([key]) => ({ kind: 'erasure-key', key: String(key) }),
    },
    {
      sql: `SELECT ${ERASURE_COLUMNS}, id FROM erasures WHERE id > $1 ORDER BY id LIMIT ${PAGE_ERASURES}`,
      first: [''],
      recordOf: (row) => readOther(`erasure ${row[0]}`, () => ({ kind: 'erasure', erasure: erasureOf(row) })),
    },
    {
      sql: `SELECT ${WEBHOOK_COLUMNS}, id FROM webhooks WHERE id > $1 ORDER BY id LIMIT ${PAGE_ROWS}`,
      first: [''],
      recordOf: (row) =>
        readOther(`webhook ${row.at(-1)}`, () => ({ kind: 'webhook', webhook: unplaced(webhookOf(row)) })),
    },
  ];
  for (const walk of others) yield* recordsOf(statements, walk, options);
}

async function* recordsOf(
  statements: Pick<Statements, 'rows'>,
  { sql, first, recordOf }: Walk,
  { signal }: ReadAllOptions,
): AsyncGenerator<readonly ArchiveRecord[], void, void> {
  for (let after = first; ; ) {
    signal?.throwIfAborted();
    const rows = await statements.rows(sql, after);
    const last = rows.at(-1);
    if (!last) return;
    yield rows.flatMap((row) => recordOf(row) ?? []);
    after = last.slice(-first.length) as typeof first;
  }
}

/** Adds the details of a page's images, which are read at once. */
function createDetailsReader(statements: Pick<Statements, 'rows'>, options: ReadAllOptions) {
  const { needsDetails = () => true } = options;
  const { readImage } = createRecordReader(options);
  const read = async (ids: readonly string[]): Promise<ReadonlyMap<unknown, string>> => {
    const rows = await statements.rows('SELECT id, details FROM image_details WHERE id = ANY ($1)', [ids]);
    return new Map(rows.map(([id, details]) => [id, String(details)]));
  };
  return async (records: readonly ArchiveRecord[]): Promise<readonly ArchiveRecord[]> => {
    const needing = new Map<ArchiveRecord, Image>();
    for (const record of records)
      if (record.kind === 'image' && isDetailed(record.image) && needsDetails(record.image))
        needing.set(record, record.image);
    if (needing.size === 0) return records;
    const found = await read([...needing.values()].map(({ id }) => id));
    return records.flatMap((record) => {
      const image = needing.get(record);
      if (!image) return record;
      return readImage(image.id, () => withDetails(image, detailsIn(found.get(image.id)))) ?? [];
    });
  };
}

const detailsIn = (text: string | undefined): Details | null => (text === undefined ? null : storedDetails(text));

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '../../../domain/errors.ts';
import type { Details } from '../../../domain/facts/facts.ts';
import { isDetailed } from '../../../domain/image/image.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { ALBUM_COLUMNS, albumOf } from '../../albums/album-row.ts';
import { ERASURE_COLUMNS, erasureOf, PAGE_ERASURES } from '../../erasures/erasure-row.ts';
import { COLUMNS, idOf, imageOf } from '../../images/image-row.ts';
import { detailsIn } from '../../images/sqlite/details-rows.ts';
import { KEY_COLUMNS, keyIn } from '../../keys/key-row.ts';
import { REVOCATION_COLUMNS, revocationIn } from '../../revocations/revocation-row.ts';
import { firstRow, type Row } from '../../sqlite/rows.ts';
import { DAMAGE_REMEDY, DAMAGED, isDamage, translated, translateSqliteError } from '../../sqlite/sqlite-error.ts';
import { WEBHOOK_COLUMNS, webhookOf } from '../../webhooks/sqlite/sqlite.ts';
import { type ArchiveRecord, type ReadAllOptions, unplaced } from '../record-archive.ts';
import { createRecordReader, withDetails } from '../unreadable.ts';
import { IDS, lostRow, tableOfImages } from './damage.ts';

/** Rows that are read at once: some milliseconds, also of images with long metadata. */
const PAGE_ROWS = 500;

/** Rows that are kept in memory at once, of a damaged table alone. */
const MOST_FROM_END = 100_000;

/** A table in the order of a column, which is the last one of each row. */
interface Walk {
  readonly sql: string;
  readonly first: string | number;
  readonly recordOf: (row: Row) => ArchiveRecord | undefined;
  /** How to read the rows behind this key, beside a page that can't be read; absent: from the end. */
  readonly behind?: (after: number) => Walk;
}

/** All records of a snapshot, page by page. */
export async function* allRecords(
  snapshot: DatabaseSync,
  options: ReadAllOptions = {},
): AsyncGenerator<readonly ArchiveRecord[], void, void> {
  const { readImage, readOther } = createRecordReader(options);
  const damaged = damageReporter(options);
  const imageIn = createImageReader(snapshot, damaged, options);
  const ofImages = { readImage, imageIn };
  const table = await tableOfImages(snapshot);
  if (table.state === 'damaged') damaged(table.detail);
  const walks: readonly Walk[] = [
    table.state === 'damaged' && table.readBy === 'ids'
      ? imagesById(snapshot, ofImages)
      : {
          sql: `SELECT ${COLUMNS}, n FROM images WHERE n > ? ORDER BY n LIMIT ${PAGE_ROWS}`,
          first: 0,
          recordOf: (row) => readImage(idOf(row), () => imageIn(row, Number(row.at(-1)))),
          ...(table.state === 'sound' && { behind: (after) => imagesById(snapshot, ofImages, after) }),
        },
    {
      sql: `SELECT ${ALBUM_COLUMNS}, id FROM albums WHERE id > ? AND state = 'shown' ORDER BY id LIMIT ${PAGE_ROWS}`,
      first: '',
      recordOf: (row) => readOther(`album ${row[0]}`, () => ({ kind: 'album', album: albumOf(row) })),
    },
    {
      sql: `SELECT ${KEY_COLUMNS}, id FROM api_keys WHERE id > ? ORDER BY id LIMIT ${PAGE_ROWS}`,
      first: '',
      recordOf: (row) => readOther(`API key ${row[0]}`, () => ({ kind: 'key', key: keyIn(row) })),
    },
    {
      sql: `SELECT bytes, images, pending, user_id FROM quotas WHERE user_id > ? ORDER BY user_id LIMIT ${PAGE_ROWS}`,
      first: '',
      recordOf: ([bytes, images, pending, userId]) => ({
        kind: 'limits',
        userId: String(userId),
        limits: { bytes: optional(bytes), images: optional(images), pending: optional(pending) },
      }),
    },
    {
      sql: `SELECT used, forget_at, token_id FROM upload_token_uses WHERE token_id > ? ORDER BY token_id LIMIT ${PAGE_ROWS}`,
      first: '',
      recordOf: ([used, forgetAt, tokenId]) => ({
        kind: 'token-count',
        tokenId: String(tokenId),
        used: Number(used),
        forgetAt: new Date(Number(forgetAt)),
      }),
    },
    {
      sql: `SELECT ${REVOCATION_COLUMNS}, n FROM view_revocations WHERE n > ? ORDER BY n LIMIT ${PAGE_ROWS}`,
      first: 0,
      recordOf: (row) =>
        readOther(`revocation ${row.at(-1)}`, () => ({ kind: 'revocation', revocation: revocationIn(row) })),
    },
    {
      sql: `SELECT key, n FROM erasure_key WHERE n > ? ORDER BY n LIMIT ${PAGE_ROWS}`,
      first: 0,
      recordOf: ([key]) => ({ kind: 'erasure-key', key: String(key) }),
    },
    {
      sql: `SELECT ${ERASURE_COLUMNS}, rowid FROM erasures WHERE rowid > ? ORDER BY rowid LIMIT ${PAGE_ERASURES}`,
      first: 0,
      recordOf: (row) => readOther(`erasure ${row[0]}`, () => ({ kind: 'erasure', erasure: erasureOf(row) })),
    },
    {
      sql: `SELECT ${WEBHOOK_COLUMNS}, id FROM webhooks WHERE id > ? ORDER BY id LIMIT ${PAGE_ROWS}`,
      first: '',
      recordOf: (row) =>
        readOther(`webhook ${row.at(-1)}`, () => ({ kind: 'webhook', webhook: unplaced(webhookOf(row)) })),
    },
  ];
  for (const walk of walks) yield* recordsOf(snapshot, walk, { damaged, signal: options.signal });
}

async function* recordsOf(
  snapshot: DatabaseSync,
  { sql, first, recordOf, behind }: Walk,
  { damaged, signal }: { readonly damaged: (detail: string) => void; readonly signal: AbortSignal | undefined },
): AsyncGenerator<readonly ArchiveRecord[], void, void> {
  const statement = snapshot.prepare(sql);
  let isTold = false;
  for (let after = first; ; ) {
    signal?.throwIfAborted();
    const from = after;
    const { rows, isWhole } = readRows(statement, from);
    const rising = longestRising(rows, after);
    if ((rising.length < rows.length || !isWhole) && !isTold) {
      damaged(
        `${DAMAGED}: expected rows in the order of their keys; got ${isWhole ? 'others' : 'none'} after ${after}`,
      );
      isTold = true;
    }
    after = keyOf(rising.at(-1) ?? [after]);
    if (!isWhole && !behind) rising.push(...rowsFromEnd(snapshot, sql, after));
    if (rising.length > 0) yield rising.flatMap((row) => recordOf(row) ?? []);
    if (!isWhole && behind) yield* recordsOf(snapshot, behind(Number(after)), { damaged, signal });
    if (rising.length === 0 || !isWhole) return;
    await nextTurn(); // for a reader that never waits itself
  }
}

/** An image whose details are on a page that can't be read is read without them. */
function createImageReader(
  snapshot: DatabaseSync,
  damaged: (detail: string) => void,
  { needsDetails = () => true }: ReadAllOptions,
) {
  const select = snapshot.prepare('SELECT details FROM image_details WHERE n = ?');
  let isTold = false;
  const detailsOf = (n: number): Details | null => {
    try {
      return detailsIn(firstRow(select, [n]));
    } catch (error) {
      if (!isDamage(error)) throw translateSqliteError(error);
      if (!isTold) damaged(`${DAMAGED}: expected details of images; got a page that can't be read`);
      isTold = true;
      return null;
    }
  };
  return (row: Row, n: number) => {
    const image = imageOf(row);
    if (!isDetailed(image) || !needsDetails(image)) return { image };
    return withDetails(image, detailsOf(n));
  };
}

interface ReadImages {
  readonly readImage: ReturnType<typeof createRecordReader>['readImage'];
  readonly imageIn: ReturnType<typeof createImageReader>;
}

/** Images by the index of their ids: each row that the table lacks, or has at a wrong place, has a name. */
function imagesById(
  snapshot: DatabaseSync,
  { readImage, imageIn }: ReadImages,
  after = Number.NEGATIVE_INFINITY,
): Walk {
  const select = snapshot.prepare(`SELECT ${COLUMNS} FROM images WHERE n = ?`);
  return {
    sql: `SELECT n, id FROM images INDEXED BY ${IDS} WHERE id > ? ORDER BY id LIMIT ${PAGE_ROWS}`,
    first: '',
    recordOf([n = null, id]) {
      if (Number(n) <= after) return undefined;
      return readImage(String(id) as ImageId, () => {
        const row = translated(() => firstRow(select, [n]));
        if (!row || idOf(row) !== id) throw lostRow();
        return imageIn(row, Number(n));
      });
    },
  };
}

/** Damage that nobody wants to hear of is an error. */
function damageReporter({ onDamage }: ReadAllOptions): (detail: string) => void {
  return (detail) => {
    if (!onDamage) throw new AppError('unavailable', `${detail}. ${DAMAGE_REMEDY}`, { isDamage: true });
    onDamage(detail);
  };
}

/** `isWhole` is false if SQLite has met a page that can't be right: the rows are those before it. */
function readRows(statement: StatementSync, from: string | number) {
  const rows: Row[] = [];
  try {
    for (const row of statement.iterate(from)) rows.push(row as unknown as Row);
    return { rows, isWhole: true };
  } catch (error) {
    if (isDamage(error)) return { rows, isWhole: false };
    throw translateSqliteError(error);
  }
}

/**
 * Beyond a page that can't be read, from the end down to the next such page: bounded, as a damaged table is read whole
 * here.
 */
function rowsFromEnd(snapshot: DatabaseSync, sql: string, after: string | number): readonly Row[] {
  const downwards = sql.replace(/ LIMIT \d+$/, ` DESC LIMIT ${MOST_FROM_END}`);
  return readRows(snapshot.prepare(downwards), after).rows.toReversed();
}

const keyOf = (row: Row): string | number => {
  const key = row.at(-1);
  return typeof key === 'string' ? key : Number(key);
};

interface Run {
  readonly row: Row;
  readonly before: Run | undefined;
}

/** The most rows behind `after` whose keys rise: those of a page at a wrong place are few. */
function longestRising(rows: readonly Row[], after: string | number): Row[] {
  const ends: Run[] = []; // of the runs of each length, the one with the least last key
  for (const row of rows) {
    if (!isBehind(keyOf(row), after)) continue;
    const length = ends.findLastIndex((end) => isBehind(keyOf(row), keyOf(end.row))) + 1;
    ends[length] = { row, before: ends[length - 1] };
  }
  const run: Row[] = [];
  for (let end = ends.at(-1); end; end = end.before) run.push(end.row);
  return run.toReversed();
}

/** In SQLite's order: numbers by value, texts by their bytes. */
const isBehind = (key: string | number, after: string | number): boolean =>
  typeof key === 'string' ? Buffer.compare(Buffer.from(key), Buffer.from(String(after))) > 0 : key > Number(after);

const optional = (cell: Row[number] | undefined): number | null => (typeof cell === 'number' ? cell : null);

import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ERASURE_COLUMNS, erasureOf, PAGE_ERASURES } from '../../erasure-repository/sqlite/sqlite.ts';
import { COLUMNS, idOf, imageOf } from '../../image-repository/sqlite/image-row.ts';
import { KEY_COLUMNS, keyIn } from '../../key-repository/sqlite/key-row.ts';
import { allRows, type Row } from '../../sqlite/rows.ts';
import { translated } from '../../sqlite/sqlite-error.ts';
import { WEBHOOK_COLUMNS, webhookOf } from '../../webhook-repository/sqlite/sqlite.ts';
import { type ArchiveRecord, type ReadAllOptions, unplaced } from '../record-archive.ts';
import { createRecordReader } from '../unreadable.ts';

/** Rows that are read at once: some milliseconds, also of images with long metadata. */
const PAGE_ROWS = 500;

/** A table in the order of a column, which is the last one of each row. */
interface Walk {
  readonly sql: string;
  readonly first: SQLInputValue;
  readonly recordOf: (row: Row) => ArchiveRecord | undefined;
}

/** All records of a snapshot, page by page. */
export async function* allRecords(
  snapshot: DatabaseSync,
  options: ReadAllOptions = {},
): AsyncGenerator<readonly ArchiveRecord[], void, void> {
  const { readImage, readOther } = createRecordReader(options);
  const walks: readonly Walk[] = [
    {
      sql: `SELECT ${COLUMNS}, n FROM images WHERE n > ? ORDER BY n LIMIT ${PAGE_ROWS}`,
      first: 0,
      recordOf: (row) => readImage(idOf(row), () => imageOf(row)),
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
  for (const { sql, first, recordOf } of walks) {
    const statement = snapshot.prepare(sql);
    for (let after = first; ; ) {
      options.signal?.throwIfAborted();
      const from = after;
      const rows = translated(() => allRows(statement, [from]));
      const last = rows.at(-1);
      if (!last) break;
      yield rows.flatMap((row) => recordOf(row) ?? []);
      after = last.at(-1) ?? null;
      await nextTurn(); // for a reader that never waits itself
    }
  }
}

const optional = (cell: Row[number] | undefined): number | null => (typeof cell === 'number' ? cell : null);

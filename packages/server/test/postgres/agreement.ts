import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { ALBUM_CHANGED, eventOf } from '../../src/domain/event/image-event.ts';
import { type Image, isStored } from '../../src/domain/image/image.ts';
import { filterRowsOf } from '../../src/domain/metadata/metadata-filters.ts';
import { EVENT_COLUMNS, eventOfRow } from '../../src/records/events/event-row.ts';
import { COLUMNS, imageOf, type Row } from '../../src/records/images/image-row.ts';
import type { Postgres } from '../../src/records/postgres/database.ts';
import { type OwnerSums, sumsOfCounters, sumsOfRecords } from '../../src/records/usage/postgres/sums.ts';
import type { PostgresService } from '../services/postgres-faults-service.ts';
import { requireObjects, sweepAll } from '../services/record-check.ts';

/** Past the first end of an upload in parts. */
const HOURS_MS = 2 * 3_600_000;
/** Between looks for the end of a transaction whose connection was cut. */
const LOOK_MS = 5;

/** The database itself notes each change of a record that is committed, so that the log can be compared with it. */
const WATCH = [
  'CREATE SCHEMA watch',
  'CREATE TABLE watch.changes (n bigserial PRIMARY KEY, before json, after json)',
  `CREATE FUNCTION watch.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
     INSERT INTO watch.changes (before, after) VALUES (to_json(OLD), to_json(NEW)); RETURN NULL; END $$`,
  'CREATE TRIGGER watched AFTER INSERT OR UPDATE ON images FOR EACH ROW EXECUTE FUNCTION watch.note()',
];

export async function watchChanges(postgres: Postgres): Promise<void> {
  await postgres.transaction(async (transaction) => {
    for (const statement of WATCH) transaction.send(statement);
  });
}

/**
 * After every deadline and a sweep: asserts that records, rows of lists, counts, events and objects agree exactly, and
 * that no transaction is left open.
 */
export async function requireRest(service: PostgresService): Promise<void> {
  const { postgres } = service.database;
  service.clock.offsetMs += HOURS_MS;
  await sweepAll(service);
  await requireNoTransaction(postgres);
  const records = (await postgres.rows(`SELECT ${COLUMNS} FROM images`)).map(imageOf);
  assert.deepEqual(
    records.filter(({ status }) => status === 'pending'),
    [],
    'expected no pending records',
  );
  await requireObjects(service, records.filter(isStored));
  await requireLists(postgres, records);
  await requireCounts(postgres, records);
  await requireEvents(postgres);
}

/** A server notices the end of a connection when it reads from it. */
async function requireNoTransaction(postgres: Postgres): Promise<void> {
  const sql = `SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()`;
  while ((await postgres.rows(sql)).length > 0) await delay(LOOK_MS);
}

async function requireLists(postgres: Postgres, records: readonly Image[]): Promise<void> {
  const ready = records.filter(({ status }) => status === 'ready');
  const expected: Readonly<Record<string, readonly Row[]>> = {
    'SELECT id, tag, user_id FROM image_tags': ready.flatMap(({ id, tags, userId }) =>
      tags.map((tag) => [id, tag, userId]),
    ),
    'SELECT user_id, name, value, id FROM image_metadata': records.flatMap((image) =>
      filterRowsOf(image).map(({ name, value }) => [image.userId, name, value, image.id]),
    ),
    "SELECT user_id, right(at, 36) FROM captured_rows WHERE name = ''": ready.map(({ userId, id }) => [userId, id]),
    "SELECT id FROM image_terms EXCEPT SELECT id FROM images WHERE status = 'ready'": [],
    'SELECT album_id, count(*) FROM album_rows GROUP BY album_id EXCEPT SELECT album_id, sum(images) FROM album_counts GROUP BY album_id':
      [],
    'SELECT id FROM image_details EXCEPT SELECT id FROM images WHERE has_details = 1': [],
  };
  for (const [sql, rows] of Object.entries(expected))
    assert.deepEqual((await postgres.rows(sql)).map(textOf).toSorted(), rows.map(textOf).toSorted(), sql);
}

const textOf = (row: Row): string => JSON.stringify(row);

async function requireCounts(postgres: Postgres, records: readonly Image[]): Promise<void> {
  const owners = [...new Set(records.map(({ userId }) => userId))];
  const counters = await sumsOfCounters(postgres, owners);
  const sums = await sumsOfRecords(postgres, owners);
  for (const userId of owners)
    assert.deepEqual(told(counters.get(userId)), told(sums.get(userId)), `sums of ${userId}`);
}

/** Counters may have zeros, which sums lack. */
const told = (sums: OwnerSums | undefined) =>
  sums && {
    usage: sums.usage,
    byStatus: [...sums.byStatus].filter(([, images]) => images !== 0).toSorted(),
    byMonth: [...sums.byMonth].filter(([, images]) => images !== 0).toSorted(),
  };

/** Asserts that the log has the event of each committed change, once, and no other; and no holes. */
async function requireEvents(postgres: Postgres): Promise<void> {
  const changes = await postgres.rows('SELECT before::text, after::text FROM watch.changes ORDER BY n');
  const expected = changes.flatMap(([before, after]) => {
    const to = imageIn(after);
    const event = to && eventOf(imageIn(before), to);
    return event ? [JSON.stringify(event)] : [];
  });
  const logged = await postgres.rows(`SELECT ${EVENT_COLUMNS}, shard FROM events ORDER BY shard, sequence`);
  const events = logged.map((row) => eventOfRow(row, Number(row.at(-1))));
  const lasts = await postgres.rows('SELECT shard, last FROM event_shards WHERE last > 0 ORDER BY shard');
  for (const [shard, last] of lasts) {
    const sequences = events.filter((one) => one.shard === shard).map(({ sequence }) => sequence);
    assert.deepEqual(
      sequences,
      Array.from({ length: Number(last) }, (_, nth) => nth + 1),
      `shard ${shard}`,
    );
  }
  assert.deepEqual(
    events
      .filter(({ type }) => type !== ALBUM_CHANGED)
      .map(({ shard: _shard, sequence: _sequence, ...event }) => JSON.stringify(event))
      .toSorted(),
    expected.toSorted(),
    'expected the events of the committed changes',
  );
}

function imageIn(json: unknown): Image | undefined {
  if (typeof json !== 'string') return undefined;
  const cells = JSON.parse(json) as Record<string, unknown>;
  return imageOf(COLUMNS.map((column) => cells[column]));
}

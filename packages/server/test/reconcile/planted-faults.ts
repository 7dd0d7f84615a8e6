import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Album } from '../../src/domain/album/album.ts';
import { UNLIMITED } from '../../src/domain/usage/quota.ts';
import { explain } from '../../src/operations/reconcile/finding.ts';
import { createMender } from '../../src/operations/reconcile/mend.ts';
import { type Reconciled, type ReconcileOptions, reconcile } from '../../src/operations/reconcile/reconcile.ts';
import { sampleAlbum } from '../../src/records/albums/sample-albums.fixture.ts';
import { createDynamodbCoordination } from '../../src/records/coordination/dynamodb/dynamodb.ts';
import { albumCountsPartition, usageKey } from '../../src/records/dynamodb/item-keys.ts';
import { createTable } from '../../src/records/dynamodb/table.ts';
import { DATABASE_FILE } from '../../src/records/sqlite/database.ts';
import { createUnreadableRecords } from '../../src/records/unreadable-records.ts';
import { createRecounts } from '../../src/records/usage/dynamodb/recounts.ts';
import { createDynamodbUsage } from '../../src/records/usage/dynamodb/usage.ts';
import { createUsageCounts } from '../../src/records/usage/dynamodb/usage-counts.ts';
import type { UsageRepository } from '../../src/records/usage/usage-repository.ts';
import type { SoleArchiveServices } from '../../src/run/compose/archive.ts';
import { loadConfig } from '../../src/run/config/config.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { createPlanter, type Environment, LATER, openPlace, type Planted, snapshotOf } from './planted.ts';

export interface TestPlace extends AsyncDisposable {
  readonly environment: Environment;
  /** What an operator's command has. */
  readonly adapt: (services: SoleArchiveServices) => SoleArchiveServices;
  /** Adds an error to the images of a user by status, while nobody has the place open. */
  readonly plantCounts: (userId: string) => Promise<void>;
  /** Adds an error to the number of an album's images, likewise. */
  readonly plantAlbumCount: (album: Album) => Promise<void>;
}

export const PLACES = {
  'SQLite and disk': async () => {
    const folder = await mkdtempDisposable(join(tmpdir(), 'safelight-reconcile-'));
    const environment: Environment = { DATA_DIR: join(folder.path, 'data') };
    return {
      environment,
      adapt: (services) => services,
      async plantCounts(userId) {
        using database = new DatabaseSync(join(folder.path, 'data', DATABASE_FILE));
        database.prepare('UPDATE image_counts SET images = images + 2 WHERE user_id = ?').run(userId);
      },
      async plantAlbumCount({ id }) {
        using database = new DatabaseSync(join(folder.path, 'data', DATABASE_FILE));
        database.prepare('INSERT INTO album_counts (album_id, images) VALUES (?, 2)').run(id);
      },
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  },
  'DynamoDB and S3': async () => {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-reconcile-')));
    const cloud = stack.use(await createCloud());
    const { table } = cloud;
    const client = stack.adopt(
      new DynamoDBClient({ endpoint: table.dynamo.url, region: table.dynamo.region, credentials: table.dynamo }),
      (one) => one.destroy(),
    );
    const environment: Environment = { DATA_DIR: join(folder.path, 'data'), ...cloud.environment };
    const usage = impatientUsage(client, environment);
    const held = stack.move();
    return {
      environment,
      adapt: (services) => ({ ...services, usage }),
      async plantCounts(userId) {
        const write = { add: { key: usageKey(userId), add: { trashedImages: 2 } } };
        await createTable(client, table.name).transact([write], randomUUID());
      },
      async plantAlbumCount({ id, userId }) {
        const key = { pk: albumCountsPartition(userId, id), sk: '0' };
        await createTable(client, table.name).transact([{ add: { key, add: { n: 2, writes: 1 } } }], randomUUID());
      },
      [Symbol.asyncDispose]: () => held.disposeAsync(),
    };
  },
} as const satisfies Record<string, () => Promise<TestPlace>>;

/** Its recounts wait for no other process. */
function impatientUsage(client: DynamoDBClient, environment: Environment): UsageRepository {
  const { dynamodb } = loadConfig({ ...environment }).config;
  if (!dynamodb) throw new Error('expected a table');
  const table = createTable(client, dynamodb.table);
  const recounts = createRecounts(table);
  return createDynamodbUsage(table, {
    defaults: UNLIMITED,
    isCounting: true,
    shards: dynamodb.shards,
    leases: createDynamodbCoordination(table),
    counts: createUsageCounts(table, { defaults: UNLIMITED, recounts }),
    recounts,
    unreadable: createUnreadableRecords(() => undefined),
    noticedMs: 0,
  });
}

export interface Run {
  readonly mode?: 'find' | 'mend';
  readonly compare?: ReconcileOptions['compare'];
  readonly now?: Date;
}

/** Usually at a time when everything in the place is old enough. */
export function run(services: SoleArchiveServices, { mode = 'find', compare = 'bytes', now = LATER }: Run = {}) {
  const later = { ...services, clock: { ...services.clock, now: () => now }, observe: () => undefined };
  const mender = mode === 'mend' ? createMender(later) : null;
  return Array.fromAsync(reconcile(later, { mender, compare, countsUsage: true, lagMs: 1 }));
}

export const subjectsOf = (reconciled: readonly Reconciled[]): string[] =>
  reconciled
    .map(({ finding }) => {
      if ('userId' in finding) return `${finding.kind} ${finding.userId}`;
      if (finding.kind === 'damaged-database') return finding.kind;
      if (finding.kind === 'album-count') return `${finding.kind} ${finding.album.id}`;
      return `${finding.kind} ${'image' in finding ? finding.image.id : finding.imageId}`;
    })
    .toSorted();

const linesOf = (planted: readonly Planted[]): string[] => planted.map(({ kind, id }) => `${kind} ${id}`).toSorted();

export function describeReconcile(name: keyof typeof PLACES): void {
  describe(`reconcile on ${name}`, { skip: name === 'DynamoDB and S3' && NO_CLOUD }, () => {
    it('finds, explains and mends every planted fault, and touches nothing else', async () => {
      await using place: TestPlace = await PLACES[name]();
      const planted: Planted[] = [];
      let sound: ReadonlyMap<string, string> = new Map();
      const [album, soundAlbum] = [sampleAlbum(), sampleAlbum()];
      {
        await using counting = await openPlace({ ...place.environment, USAGE: 'on' });
        await counting.services.usage.setCounted(new Date());
        const planter = createPlanter(counting.services);
        await planter.addSound();
        for (const one of [album, soundAlbum]) await counting.services.albums.create(one);
        sound = await snapshotOf(counting.services);
        await planter.addFaults();
        planted.push(...planter.planted);
      }
      {
        await using uncounting = await openPlace(place.environment);
        const planter = createPlanter(uncounting.services);
        await planter.addUncounted();
        planted.push(...planter.planted);
      }
      await place.plantCounts('bob');
      planted.push({ kind: 'counts', id: 'bob' });
      await place.plantAlbumCount(album);
      planted.push({ kind: 'album-count', id: album.id });
      await using composition = await openPlace({ ...place.environment, USAGE: 'on' });
      const services = place.adapt(composition.services);
      const before = await snapshotOf(services);

      // What needs no reading of bytes: on S3 another entity tag tells other bytes.
      const quick = await run(services, { compare: 'sizes' });
      const unseen = name.includes('S3') ? ['copy-hash'] : ['copy-hash', 'original-hash'];
      assert.deepEqual(subjectsOf(quick), linesOf(planted.filter(({ kind }) => !unseen.includes(kind))));

      const found = await run(services);
      assert.deepEqual(subjectsOf(found), linesOf(planted));
      assert.ok(new Set(planted.map(({ kind }) => kind)).size >= 13);
      for (const { finding, outcome } of found) {
        assert.equal(outcome, 'found');
        assert.match(explain(finding), /^expected .+; got .+\. .+\.$/);
      }
      assert.deepEqual(await snapshotOf(services), before, 'expected that a search changes nothing');

      const mended = await run(services, { mode: 'mend' });
      assert.deepEqual(subjectsOf(mended), linesOf(planted));
      assert.deepEqual([...new Set(mended.map(({ outcome }) => outcome))], ['mended']);
      assert.deepEqual(subjectsOf(await run(services)), []);

      const after = await snapshotOf(services);
      for (const [what, value] of sound) assert.equal(after.get(what), value, `expected ${what} as it was`);
      const concerned = new Set(planted.map(({ id }) => id));
      const touched = [...before].filter(([what, value]) => after.get(what) !== value).map(([what]) => what);
      const idIn = (what: string): string => what.split('/').find((part) => /^[0-9a-f-]{36}$/.test(part)) ?? what;
      assert.deepEqual(
        touched.filter((what) => !concerned.has(idIn(what))),
        [],
      );
      assert.deepEqual(
        [...after.keys()].filter((what) => !before.has(what)),
        [],
      );
    });
  });
}

import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { begunReading, steppedReading } from '../../src/domain/facts/reading.ts';
import type { ReadyImage } from '../../src/domain/image/image.ts';
import { parseImageId } from '../../src/domain/image/image-id.ts';
import { requestFacts } from '../../src/operations/upkeep/request-facts.ts';
import { createDynamodbCoordination } from '../../src/records/coordination/dynamodb/dynamodb.ts';
import { readReading, writeFactsWalk } from '../../src/records/coordination/facts-bookmarks.ts';
import { createTable } from '../../src/records/dynamodb/table.ts';
import { createRandom } from '../chance/random.ts';
import { type Cloud, createCloud, NO_CLOUD } from '../services/cloud.ts';
import { killAll, type RunningService, spawnProgram, startService } from '../services/running-service.ts';
import { startWorkerIn } from '../services/running-worker.ts';
import { createTestService, post, type TestService } from '../services/service.ts';
import { datedPicture } from './dated-pictures.ts';

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');
const PICTURE = await datedPicture();
const TAKEN = '2024-07-14T18:22:31.000';
const IMAGES = 200;
const KILLS = 3;
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));

type Environment = Record<string, string>;

const temporary = () => mkdtempDisposable(join(tmpdir(), 'safelight-'));

/** What the command prints. */
async function facts(folder: string, environment: Environment = {}, ...args: string[]): Promise<string> {
  const { exitCode, output } = await spawnProgram(folder, environment, [process.execPath, ADMIN, 'facts', ...args])
    .ended;
  assert.equal(exitCode, 0, output);
  return output.trimEnd();
}

async function uploaded(
  { request, services }: TestService,
  bytes = PICTURE,
  type: 'image/jpeg' | 'image/png' = 'image/jpeg',
): Promise<ReadyImage> {
  const answer = await request('/images/upload?user_id=ada&tags=sea', post(bytes, type));
  const id = parseImageId(((await answer.json()) as { image_id: string }).image_id);
  const image = id && (await services.images.get(id));
  assert.ok(image?.status === 'ready');
  return image;
}

/** Images as a version without facts left them. */
async function unreadImages(service: TestService, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    const image = await uploaded(service);
    await forget(service, image);
    ids.push(image.id);
  }
  return ids;
}

async function forget({ services }: TestService, image: ReadyImage): Promise<void> {
  assert.ok(await services.images.replace(image, { ...image, facts: null, hasDetails: false }, { details: null }));
}

/** How many images have facts by now. */
function readImages(folder: string): number {
  using database = new DatabaseSync(join(folder, 'data/safelight.db'), { readOnly: true, timeout: 5_000 });
  return Number(database.prepare('SELECT count(*) AS n FROM images WHERE facts IS NOT NULL').get()?.['n']);
}

async function untilDone(folder: string, environment: Environment = {}): Promise<string> {
  for (;;) {
    const said = await facts(folder, environment, '--status');
    if (said.startsWith('Done')) return said;
    assert.match(said, /^(?:Asked|Running)/);
    await delay(200);
  }
}

async function requireRead({ origin }: Pick<RunningService, 'origin'>, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const answer = await fetch(`${origin}/images/${id}/facts`);
    const { taken_at, creator } = (await answer.json()) as Record<string, unknown>;
    assert.deepEqual([taken_at, creator], [TAKEN, 'Ada'], id);
  }
}

/** Lets a walk that has begun go on, as if other processes had known of it for long. */
async function noticed({ dynamo, name }: Pick<Cloud['table'], 'dynamo' | 'name'>): Promise<void> {
  const client = new DynamoDBClient({ endpoint: dynamo.url, region: dynamo.region, credentials: dynamo });
  const coordination = createDynamodbCoordination(createTable(client, name));
  for (;;) {
    const walk = (await readReading(coordination))?.walk;
    if (walk?.placing) {
      await writeFactsWalk(coordination, { ...walk, placing: { ...walk.placing, fromMs: 0 } });
      return client.destroy();
    }
    await delay(50);
  }
}

describe('npm run admin -- facts', () => {
  it(`has all pictures read, though the service is killed ${KILLS} times meanwhile, by seed ${SEED}`, async () => {
    await using place = await temporary();
    let ids: string[];
    {
      await using own = await createTestService({ folder: join(place.path, 'data') });
      ids = await unreadImages(own, IMAGES);
    }
    assert.match(await facts(place.path, {}, '--status'), /^Nobody has asked for it yet/);
    assert.match(await facts(place.path), /^Asked: /);
    assert.match(await facts(place.path), /^Asked at .*: no worker has begun yet$/);
    const random = createRandom(SEED);
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const before = readImages(place.path);
      const service = await startService({}, place.path); // which goes on at once
      while (readImages(place.path) === before) await delay(5);
      await delay(random.below(50));
      await killAll(service);
      assert.ok(readImages(place.path) < IMAGES, `it ended before kill ${kill}`);
    }
    await using service = await startService({}, place.path);
    const done = await untilDone(place.path);
    assert.match(done, new RegExp(`^Done at .*: ${IMAGES} images looked at.*, \\d+ read$`));
    await requireRead(service, ids);
  });

  it('has a worker of its own read them, with records in a table and originals in a bucket, up to its temporary space', {
    skip: NO_CLOUD,
  }, async () => {
    await using place = await temporary();
    await using cloud = await createCloud();
    const { environment } = cloud;
    let ids: string[];
    {
      await using own = await createTestService({ folder: join(place.path, 'data'), environment });
      ids = await unreadImages(own, 5);
      const noise = new Uint8Array(await testImage({ type: 'image/png', width: 1_000, height: 1_000 }));
      assert.ok(noise.length > 1_048_576);
      await forget(own, await uploaded(own, noise, 'image/png'));
    }
    assert.match(await facts(place.path, environment), /^Asked: /);
    const small = { MAX_DIRECT_UPLOAD_BYTES: '400000', MAX_UPLOAD_BYTES: '400000', MAX_TEMPORARY_MB: '1' };
    {
      await using _first = await startWorkerIn(place.path, { ...environment, ...small });
      await noticed(cloud.table);
    }
    await noticed(cloud.table); // the first worker may have written its own since
    await using _worker = await startWorkerIn(place.path, { ...environment, ...small }); // which goes on at once
    assert.match(
      await untilDone(place.path, environment),
      /^Done at .*: 6 images looked at.*, 5 read.*, 1 could not be read: .* MAX_TEMPORARY_MB allows: 1 of them/,
    );
    await using service = await startService(environment, place.path);
    await requireRead(service, ids);
  });

  it('says how many originals are larger than the temporary space', async () => {
    await using place = await temporary();
    await using own = await createTestService({ folder: join(place.path, 'data') });
    const { coordination } = own.services;
    const { request } = await requestFacts(own.services);
    const page = { images: 5, skipped: 2, noRoom: 1, next: null };
    await writeFactsWalk(coordination, steppedReading(begunReading(request), page, new Date()));
    assert.match(
      await facts(place.path, {}, '--status'),
      /2 could not be read: .*; larger than MAX_TEMPORARY_MB allows: 1 of them \(raise it, and ask again\)$/,
    );
  });

  it('refuses what it does not understand', async () => {
    await using place = await temporary();
    for (const args of [['now'], ['--again']]) {
      const { exitCode } = await spawnProgram(place.path, {}, [process.execPath, ADMIN, 'facts', ...args]).ended;
      assert.equal(exitCode, 2, args.join(' '));
    }
  });
});

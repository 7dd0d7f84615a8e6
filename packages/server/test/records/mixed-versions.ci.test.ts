import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { ask, createMixedClient, jsonOf, type List, type MixedClient, requireTold } from '../chance/mixed-clients.ts';
import { createRandom } from '../chance/random.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { repeatsOf } from '../repeats.ts';
import { type Cloud, createCloud, NO_CLOUD } from '../services/cloud.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { startWorkerIn } from '../services/running-worker.ts';
import { createPictures } from '../uploads/upload-requests.ts';
import { createLaterVersion, MOVED, type OtherVersion } from './other-version.ts';

const { count: SECONDS, seed: SEED } = repeatsOf('mixedVersionsSeconds');

const CLIENTS = 6;
const TAGS = ['red', 'blue', MOVED];

describe('processes of two versions of records on one table', { skip: NO_CLOUD }, () => {
  const timeout = (SECONDS + 100) * 1_000;
  it(`lose nothing and answer no 500, in ${SECONDS} s of load by seed ${SEED}`, { timeout }, async (t) => {
    await using stack = new AsyncDisposableStack();
    const cloud = stack.use(await createCloud());
    const later = stack.use(await createLaterVersion());
    const [ours, theirs] = await Promise.all([startOurs(stack, cloud), startTheirs(stack, cloud, later)]);

    const clients = await createClients([ours.service, theirs.service]);
    const untilMs = performance.now() + SECONDS * 1_000;
    let steps = 0;
    await Promise.all(
      clients.map(async (client) => {
        for (; performance.now() < untilMs; steps += 1) await client.step();
      }),
    );
    t.diagnostic(`${steps} steps, ${clients.reduce((sum, { images }) => sum + images.size, 0)} images`);

    for (const client of clients) {
      await requireAll(theirs.service, client);
      await requireReadable(ours.service, client);
    }
    const { requireAgreement } = await later.load<TableCheck>('src/records/dynamodb/table-check.fixture.ts');
    await requireAgreement(cloud.table);
    await requireVersions(cloud);
    for (const { output } of [ours.service, ours.worker, theirs.service, theirs.worker]) {
      assert.doesNotMatch(output(), /"status":500|the sweep failed|"level":60/);
    }
  });
});

type TableCheck = typeof import('../../src/records/dynamodb/table-check.fixture.ts');

async function startOurs(stack: AsyncDisposableStack, { environment }: Cloud) {
  const { path } = stack.use(await temporaryFolder());
  const service = stack.use(await startService({ ...environment }, path));
  return { service, worker: stack.use(await startWorkerIn(path, { ...environment })) };
}

async function startTheirs(stack: AsyncDisposableStack, { environment }: Cloud, later: OtherVersion) {
  const { path } = stack.use(await temporaryFolder());
  const services = await later.load<typeof import('../services/running-service.ts')>(
    'test/services/running-service.ts',
  );
  const workers = await later.load<typeof import('../services/running-worker.ts')>('test/services/running-worker.ts');
  const service = stack.use(await services.startService({ ...environment }, path));
  return { service, worker: stack.use(await workers.startWorkerIn(path, { ...environment })) };
}

async function createClients(services: readonly RunningService[]): Promise<MixedClient[]> {
  const random = createRandom(SEED);
  const picture = createPictures(random);
  const pictures = await Promise.all(Array.from({ length: 12 }, () => picture()));
  return Array.from({ length: CLIENTS }, (_, n) => {
    const own = createRandom(SEED + n);
    const origin = () => own.pick(services).origin;
    return createMixedClient({ user: `client-${n}`, origin, random: own, pictures, tags: TAGS });
  });
}

/** By the later version, which can read every record. */
async function requireAll({ origin }: RunningService, { user, images, deleted }: MixedClient): Promise<void> {
  for (const image of images.values()) {
    requireTold(jsonOf(await ask(origin, `/images/${image.id}/metadata`)), image);
    assert.equal((await ask(origin, `/images/${image.id}`)).status, 200);
  }
  for (const id of deleted) assert.equal((await ask(origin, `/images/${id}`)).status, 404);
  assert.deepEqual(await listed(origin, `user_id=${user}`), [...images.keys()].toSorted());
  for (const tag of TAGS) {
    const tagged = [...images.values()].filter(({ tags }) => tags.includes(tag));
    assert.deepEqual(await listed(origin, `user_id=${user}&tag=${tag}`), tagged.map(({ id }) => id).toSorted());
  }
}

/** By this version: an unreadable record is a 503 with Retry-After, and in no list. */
async function requireReadable({ origin }: RunningService, { user, images }: MixedClient): Promise<void> {
  const readable: string[] = [];
  for (const image of images.values()) {
    const told = await ask(origin, `/images/${image.id}/metadata`);
    if (told.status === 200) {
      requireTold(jsonOf(told), image);
      readable.push(image.id);
    } else {
      assert.equal(told.status, 503);
      assert.ok(image.tags.includes(MOVED), `${image.id} can be read`);
    }
  }
  assert.deepEqual(await listed(origin, `user_id=${user}`), readable.toSorted());
}

async function listed(origin: string, query: string): Promise<string[]> {
  const ids: string[] = [];
  let position = '';
  for (;;) {
    const told = await ask(origin, `/images?${query}${position}`);
    assert.equal(told.status, 200, `${query}: ${told.body}`);
    const { images, next_cursor: cursor } = jsonOf<List>(told);
    ids.push(...images.map(({ image_id }) => image_id));
    if (cursor === null) return ids.toSorted();
    position = `&cursor=${cursor}`;
  }
}

/** Asserts that both versions wrote, and that this one overwrote no record of the later one. */
async function requireVersions({ table: { dynamo, name } }: Cloud): Promise<void> {
  const client = new DynamoDBClient({ endpoint: dynamo.directUrl, region: dynamo.region, credentials: dynamo });
  const pages = await Array.fromAsync(paginateScan({ client }, { TableName: name }));
  client.destroy();
  const records = pages.flatMap(({ Items = [] }) => Items).filter(({ pk }) => pk?.S?.startsWith('I#'));
  const versions = new Set(records.map(({ schemaVersion }) => Number(schemaVersion?.N)));
  assert.equal(versions.size, 2, `versions ${[...versions]}`);
  for (const { schemaVersion, future, revision, pk } of records) {
    if (Number(schemaVersion?.N) === Math.max(...versions)) assert.deepEqual(future, revision, pk?.S);
    else assert.equal(future, undefined, pk?.S);
  }
}

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { pictureOfSize } from '../../../../test/acceptance/pictures.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import { finalizeArrival } from '../../src/operations/uploads/finalize-after-event.ts';
import { imageKey } from '../../src/records/dynamodb/item-keys.ts';
import { rawItem } from '../../src/records/dynamodb/raw-item.fixture.ts';
import { sweepOnce } from '../../src/run/worker.ts';
import { type Cloud, createCloud, joinCloud, NO_CLOUD, type OwnService } from '../services/cloud.ts';
import { json } from '../services/service.ts';
import { begin, complete, more, recordOf, requireBytes, sendParts, unfinished } from '../uploads/in-parts.ts';
import { createVersionWithoutParts, type OtherVersion } from './other-version.ts';

const HOUR_MS = 3_600_000;
/** The least of S3. */
const PART = 5 * 1_048_576;

describe('an upload in parts beside a process of the version before', { skip: NO_CLOUD }, () => {
  let stack: AsyncDisposableStack;
  let cloud: Cloud;
  let client: DynamoDBClient;
  let version: OtherVersion;
  let ours: OwnService;
  let former: OwnService;
  before(async () => {
    stack = new AsyncDisposableStack();
    cloud = stack.use(await createCloud());
    const { dynamo } = cloud.table;
    client = stack.adopt(
      new DynamoDBClient({ endpoint: dynamo.url, region: dynamo.region, credentials: dynamo }),
      (one) => one.destroy(),
    );
    version = stack.use(await createVersionWithoutParts());
    ours = stack.use(await joinCloud(cloud));
    const { joinCloud: join } = await version.load<typeof import('../services/cloud.ts')>('test/services/cloud.ts');
    former = stack.use(await join(cloud));
  });
  after(() => stack.disposeAsync());

  const itemOf = (id: ImageId) => rawItem({ client, name: cloud.table.name }, imageKey(id));
  const versionOf = async (id: ImageId) => (await itemOf(id))?.['schemaVersion']?.N;
  const granted = async () => {
    const bytes = await pictureOfSize(2 * PART + 9);
    const grant = await begin(ours.request, bytes);
    await sendParts(ours, grant, bytes, [1]);
    return { bytes, id: grant.image_id };
  };
  async function sweepFormer(): Promise<void> {
    const { sweepOnce: sweep } = await version.load<{ sweepOnce: typeof sweepOnce }>('src/run/worker.ts');
    for (const hours of [1.3, 20.3, 24]) {
      former.clock.offsetMs = hours * HOUR_MS;
      await sweep(former.services, { holder: 'former', signal: new AbortController().signal });
    }
    former.clock.offsetMs = 0;
  }

  it('is described, and neither finalized, changed, swept nor removed', async () => {
    const { id, bytes } = await granted();
    assert.equal(await versionOf(id), '8');
    const stored = await itemOf(id);
    const described = await former.request(`/images/${id}/metadata`);
    assert.equal(described.status, 200);
    assert.equal(((await described.json()) as { status: string }).status, 'pending');
    for (const [path, init] of [
      [`/images/${id}/complete`, { method: 'POST' }],
      [`/images/${id}`, { ...json({ tags: ['blue'] }), method: 'PATCH' }],
      [`/images/${id}?user_id=ada`, { method: 'DELETE' }],
    ] as const) {
      const answer = await former.request(path, init);
      assert.equal(answer.status, 503, path);
      assert.ok(Number(answer.headers.get('retry-after')) > 0);
    }
    await assert.rejects(finalizeArrival(former.services, [incomingKey('ada', id)]), { code: 'unavailable' });
    await sweepFormer();
    assert.deepEqual(await itemOf(id), stored);
    assert.equal((await unfinished(ours)).length, 1);

    await sendParts(ours, await more(ours.request, id), bytes);
    assert.equal((await complete(ours.request, id)).status, 200);
    assert.equal(await versionOf(id), '6');
    await requireBytes(former.request, id, bytes);
    const patch = { ...json({ tags: ['blue'] }), method: 'PATCH' };
    assert.equal((await former.request(`/images/${id}`, patch)).status, 200);
  });

  it('that has ended is left to a process that can remove its parts', async () => {
    const { id } = await granted();
    assert.equal((await ours.request(`/images/${id}?user_id=ada`, { method: 'DELETE' })).status, 200);
    assert.equal(await versionOf(id), '8');
    const stored = await itemOf(id);
    await sweepFormer();
    assert.deepEqual(await itemOf(id), stored);
    ours.clock.offsetMs = HOUR_MS;
    await sweepOnce(ours.services, { holder: 'ours', signal: new AbortController().signal });
    assert.ok('forgetAt' in ((await recordOf(ours, id)) as { remains: object }).remains);
    assert.deepEqual(await unfinished(ours), []);
  });
});

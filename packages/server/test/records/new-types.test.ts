import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import sharp from 'sharp';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import type { Item } from '../../src/records/dynamodb/item.ts';
import { imageKey } from '../../src/records/dynamodb/item-keys.ts';
import { rawItem } from '../../src/records/dynamodb/raw-item.fixture.ts';
import { testImage } from '../pictures/test-images.ts';
import { createCloud, joinCloud, NO_CLOUD, type OwnService } from '../services/cloud.ts';
import { sweepAll } from '../services/record-check.ts';
import { json, post } from '../services/service.ts';
import { createVersionBeforeCameras } from './other-version.ts';

const DAY_MS = 86_400_000;
const SIZE = { width: 40, height: 30 };

const TIFF = new Uint8Array(
  await sharp({ create: { ...SIZE, channels: 3, background: '#369' } })
    .tiff()
    .toBuffer(),
);
const JPEG = new Uint8Array(await testImage({ type: 'image/jpeg', ...SIZE }));

interface Listed {
  readonly images: readonly { readonly image_id: ImageId }[];
}

describe('a TIFF beside a process that knows no TIFF', { skip: NO_CLOUD }, () => {
  it('is neither changed nor lost by it, while it lists and changes the other images', async () => {
    await using stack = new AsyncDisposableStack();
    const cloud = stack.use(await createCloud());
    const before = stack.use(await createVersionBeforeCameras());
    const earlier = await before.load<typeof import('../services/cloud.ts')>('test/services/cloud.ts');
    const checks = await before.load<typeof import('../services/record-check.ts')>('test/services/record-check.ts');
    const ours = stack.use(await joinCloud(cloud));
    const theirs = stack.use(await earlier.joinCloud(cloud));
    const { name, dynamo } = cloud.table;
    const client = new DynamoDBClient({ endpoint: dynamo.directUrl, region: dynamo.region, credentials: dynamo });
    stack.defer(() => client.destroy());
    const record = (id: ImageId): Promise<Item | undefined> => rawItem({ client, name }, imageKey(id));

    const ready = await upload(ours, TIFF, 'image/tiff');
    const trashed = await upload(ours, TIFF, 'image/tiff');
    await succeed(ours, `/images/${trashed}/trash`, { method: 'POST' });
    const arrived = await granted(ours, 'image/tif');
    await ours.leave(arrived, TIFF);
    const deleted = await upload(ours, TIFF, 'image/tiff');
    const jpeg = await upload(ours, JPEG, 'image/jpeg');

    // Each request and a sweep of a month later leave the records as they are.
    const records = await Promise.all([ready, trashed, arrived].map(record));
    assert.deepEqual(
      records.map((item) => item?.['schemaVersion']?.N),
      ['5', '5', '5'],
    );
    assert.equal((await record(jpeg))?.['schemaVersion']?.N, '1');
    await requireLater(theirs, `/images/${ready}/metadata`);
    for (const id of [ready, arrived]) {
      await requireLater(theirs, `/images/${id}/original`);
      await requireLater(theirs, `/images/${id}`, { ...json({ tags: ['blue'] }), method: 'PATCH' });
      await requireLater(theirs, `/images/${id}`, { method: 'DELETE' });
    }
    await requireLater(theirs, `/images/${arrived}/complete`, { method: 'POST' });
    theirs.clock.offsetMs += 40 * DAY_MS;
    await checks.sweepAll(theirs);
    theirs.clock.offsetMs = 0;
    assert.deepEqual(await Promise.all([ready, trashed, arrived].map(record)), records);

    for (const query of ['user_id=ada', 'tag=red', 'user_id=ada&content_type=image/jpeg'])
      assert.deepEqual(await listed(theirs, query), [jpeg], query);
    await succeed(theirs, `/images/${jpeg}`, { ...json({ description: 'a sea' }), method: 'PATCH' });

    // The newer process goes on with them, and the earlier one sweeps what it ended.
    await succeed(ours, `/images/${arrived}/complete`, { method: 'POST' });
    await succeed(ours, `/images/${trashed}/restore`, { method: 'POST' });
    await succeed(ours, `/images/${deleted}`, { method: 'DELETE' });
    assert.equal((await record(deleted))?.['schemaVersion']?.N, '1');
    assert.deepEqual(await listed(ours, 'user_id=ada&content_type=image/tiff'), [ready, trashed, arrived]);
    for (const id of [ready, trashed, arrived])
      assert.deepEqual(await bytesAt(ours, `/images/${id}/original`), Buffer.from(TIFF));
    theirs.clock.offsetMs += 2 * DAY_MS;
    await checks.sweepAll(theirs);
    assert.ok((await record(deleted))?.['forgetAt'], 'the earlier process removes the objects of a deleted TIFF');
    await sweepAll(ours);
    assert.equal(await ours.services.objects.head(incomingKey('ada', arrived)), undefined);
  });
});

async function upload(service: OwnService, bytes: Uint8Array<ArrayBuffer>, type: string): Promise<ImageId> {
  const sent = post(bytes, type, { 'X-User-Id': 'ada' });
  const answer = await service.request('/images/upload?filename=a.tif&tags=red', sent);
  assert.equal(answer.status, 200, await answer.clone().text());
  return ((await answer.json()) as { image_id: ImageId }).image_id;
}

async function granted(service: OwnService, type: string): Promise<ImageId> {
  const answer = await service.request('/uploads', json({ user_id: 'ada', content_type: type, tags: ['red'] }));
  assert.equal(answer.status, 201, await answer.clone().text());
  return ((await answer.json()) as { image_id: ImageId }).image_id;
}

async function succeed(service: OwnService, path: string, init: RequestInit): Promise<void> {
  const answer = await service.request(path, init);
  assert.equal(answer.status, 200, `${path}: ${await answer.text()}`);
}

async function requireLater(service: OwnService, path: string, init?: RequestInit): Promise<void> {
  const answer = await service.request(path, init);
  assert.equal(answer.status, 503, `${init?.method ?? 'GET'} ${path}: ${await answer.text()}`);
  assert.ok(Number(answer.headers.get('retry-after')) > 0);
}

async function listed(service: OwnService, query: string): Promise<ImageId[]> {
  const answer = await service.request(`/images?${query}&order=oldest`);
  assert.equal(answer.status, 200, query);
  return ((await answer.json()) as Listed).images.map(({ image_id }) => image_id);
}

const bytesAt = async (service: OwnService, path: string): Promise<Buffer> =>
  Buffer.from(await (await service.request(path)).arrayBuffer());

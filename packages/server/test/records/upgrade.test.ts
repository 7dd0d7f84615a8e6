import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { formerRenditionsPrefix, originalsPrefix, renditionsPrefix } from '../../src/domain/image/object-key.ts';
import { startWorker } from '../../src/run/worker.ts';
import { NO_QUEUED_CLOUD } from '../services/queued-cloud.ts';
import { sweepAll } from '../services/record-check.ts';
import { json, post } from '../services/service.ts';
import { type UpgradedService, upgradedCloud, upgradedFolder } from './recorded-past.ts';

const MINUTE = 60_000;
const LOOK_EVERY_MS = 10;
const USER = 'ada';

/** Of an expired, rejected or deleted image the migration (SQLite) or the sweeper (DynamoDB) removes these. */
const DESCRIPTION = ['filename', 'tags', 'description', 'metadata'];

describe('data of commit 5c3a046 in a data folder', () => describeUpgrade(upgradedFolder));
describe('data of commit 5c3a046 in S3, DynamoDB and SQS', { skip: NO_QUEUED_CLOUD }, () =>
  describeUpgrade(upgradedCloud),
);

function describeUpgrade(upgraded: () => Promise<UpgradedService>): void {
  it('is served byte for byte, described and listed as before, including rejected and deleted images', async () => {
    await using service = await upgraded();
    const { ready, rejected, expired, deleted, answers, lists } = service.recorded;
    for (const id of Object.values(ready)) await requireServed(service, id);
    for (const id of Object.values(ready)) assert.partialDeepStrictEqual(await described(service, id), answers[id]);
    for (const id of [rejected, expired]) {
      const kept = Object.entries(answers[id] ?? {}).filter(([name]) => !DESCRIPTION.includes(name));
      assert.partialDeepStrictEqual(await described(service, id), Object.fromEntries(kept));
    }
    for (const [query, ids] of Object.entries(lists)) assert.deepEqual(await listed(service, query), ids, query);
    const thumb = await service.request(`/images/${ready['described']}/renditions/thumb`);
    assert.equal(thumb.status, 200);
    await thumb.arrayBuffer();
    assert.equal((await described(service, rejected)).rejection?.code, 'unsupported-type');
    for (const path of [`/images/${deleted}`, `/images/${deleted}/metadata`]) {
      assert.equal((await service.request(path)).status, 404);
    }
  });

  it('has renditions that are made again on request and removed with their image', async () => {
    await using service = await upgraded();
    const { objects } = service.services;
    const id = service.recorded.ready['described'] ?? assert.fail('expected an image with a rendition; got none');
    const former = () => Array.fromAsync(objects.list(formerRenditionsPrefix(id)), ({ key }) => key);
    assert.equal((await former()).length, 1);
    const thumb = await service.request(`/images/${id}/renditions/thumb`);
    assert.equal(thumb.status, 200);
    await thumb.arrayBuffer();
    assert.equal((await service.request(`/images/${id}`, { method: 'DELETE' })).status, 200);
    assert.deepEqual(await former(), []);
    assert.deepEqual(await Array.fromAsync(objects.list(renditionsPrefix(id)), ({ key }) => key), []);
  });

  it('has pending grants that accept their bytes', async () => {
    await using service = await upgraded();
    for (const name of ['granted', 'with size', 'keyed'] as const) {
      const grant = service.recorded.pending[name];
      assert.equal((await described(service, grant.image_id)).status, 'pending');
      await service.put(grant);
      assert.equal((await service.request(`/images/${grant.image_id}/complete`, { method: 'POST' })).status, 200);
      await requirePicture(service, grant.image_id);
    }
  });

  it('has arrived uploads that become ready, also after a crash of their finalizer or decoder', async () => {
    await using service = await upgraded();
    const { arrived, claimed, crashed } = service.recorded.pending;
    assert.equal((await described(service, arrived.image_id)).status, 'ready');
    await requirePicture(service, arrived.image_id);
    service.clock.offsetMs += 2 * MINUTE; // past the dead finalizer's lease, and the backoff after a crash
    await sweepAll(service);
    for (const { image_id } of [claimed, crashed]) await requirePicture(service, image_id);
    const { images, objects } = service.services;
    const image = await images.get(claimed.image_id);
    assert.ok(image?.status === 'ready');
    const originals = await Array.fromAsync(objects.list(originalsPrefix(image)), ({ key }) => key);
    assert.deepEqual(originals, [image.objectKey], 'expected no copy by the dead finalizer');
  });

  it('has jobs that the worker completes', async () => {
    await using service = await upgraded();
    const { image_id } = service.recorded.pending.queued;
    {
      await using _worker = startWorker({ services: service.services });
      while ((await service.services.images.get(image_id))?.status !== 'ready') await delay(LOOK_EVERY_MS);
    }
    await requirePicture(service, image_id);
  });

  it('has Idempotency-Keys that return their uploads', async () => {
    await using service = await upgraded();
    const { ready, pending, deleted, deletedGrant, picture } = service.recorded;
    const headers = (key: string) => ({ 'Idempotency-Key': key });
    const direct = (key: string) =>
      service.request(
        '/images/upload?filename=direct.jpg&tags=night&description=d',
        post(new Uint8Array(Buffer.from(picture, 'base64')), 'image/jpeg', { 'X-User-Id': USER, ...headers(key) }),
      );
    const grant = (fields: object, key: string) =>
      service.request('/images/upload', json({ user_id: USER, content_type: 'image/jpeg', ...fields }, headers(key)));

    assert.partialDeepStrictEqual(await answered(await direct('direct')), {
      image_id: ready['direct'],
      status: 'ready',
    });
    const again = await answered(await grant({ filename: 'keyed.jpg' }, 'granted'));
    assert.partialDeepStrictEqual(again, { image_id: pending.keyed.image_id, status: 'pending' });
    assert.match(String(again['upload_url']), new RegExp(`/incoming/${USER}/${pending.keyed.image_id}\\?`));
    const gone = await answered(await grant(deletedGrant, 'deleted'));
    assert.deepEqual(gone, { image_id: deleted, status: 'deleted' });
    assert.equal((await grant({ filename: 'another.jpg' }, 'granted')).status, 409);
  });

  it('loses no image after every deadline, and clears the metadata of expired, rejected and deleted images', async () => {
    await using service = await upgraded();
    const { ready, pending, rejected, expired, deleted, answers } = service.recorded;
    for (let hours = 2; hours > 0; hours -= 1) {
      service.clock.offsetMs += 60 * MINUTE;
      await sweepAll(service);
    }
    for (const id of Object.values(ready)) {
      await requireServed(service, id);
      assert.partialDeepStrictEqual(await described(service, id), answers[id]);
    }
    for (const name of ['arrived', 'queued', 'claimed', 'crashed'] as const) {
      await requirePicture(service, pending[name].image_id);
    }
    const nothing = { tags: [], description: null, metadata: {} };
    for (const id of [expired, pending.granted.image_id]) {
      assert.partialDeepStrictEqual(await described(service, id), {
        status: 'expired',
        filename: 'image.jpg',
        ...nothing,
      });
    }
    assert.partialDeepStrictEqual(await described(service, rejected), {
      status: 'rejected',
      filename: 'page.jpg',
      ...nothing,
    });
    const tombstone = await service.services.images.get(deleted);
    assert.partialDeepStrictEqual(tombstone, { status: 'deleted', filename: 'image.jpg', ...nothing });
  });
}

async function answered(response: Response): Promise<Record<string, unknown>> {
  assert.equal(response.status, 200);
  return (await response.json()) as Record<string, unknown>;
}

interface Described {
  readonly status: string;
  readonly rejection?: { readonly code: string };
}

const described = async (service: UpgradedService, id: ImageId): Promise<Described> =>
  (await answered(await service.request(`/images/${id}/metadata`))) as unknown as Described;

async function listed(service: UpgradedService, query: string): Promise<string[]> {
  const { images } = await answered(await service.request(`/images?${query}`));
  return (images as { image_id: string }[]).map(({ image_id }) => image_id);
}

async function requireServed(service: UpgradedService, id: ImageId): Promise<void> {
  await requireBytes(service, id, service.originalOf(id));
}

const requirePicture = (service: UpgradedService, id: ImageId): Promise<void> =>
  requireBytes(service, id, new Uint8Array(Buffer.from(service.recorded.picture, 'base64')));

async function requireBytes(service: UpgradedService, id: ImageId, expected: Uint8Array): Promise<void> {
  const response = await service.request(`/images/${id}`);
  assert.equal(response.status, 200, `image ${id}`);
  assert.ok(expected.length > 0);
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), expected);
}

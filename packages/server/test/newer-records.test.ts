import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../test-servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../test-servers/dynoxide.ts';
import { AppError } from '../src/domain/errors.ts';
import type { ServiceEvent } from '../src/domain/event.ts';
import { expire } from '../src/domain/image.ts';
import type { ImageId } from '../src/domain/image-id.ts';
import { incomingKey, originalKey } from '../src/domain/object-key.ts';
import { imageKey } from '../src/image-repository/dynamodb/item-keys.ts';
import { ADDED, giveAttributes, NEWER, rawItem } from '../src/image-repository/dynamodb/raw-item.fixture.ts';
import { acceptArrival } from '../src/operations/accept-arrival.ts';
import { keepFewRenditions } from '../src/operations/keep-few-renditions.ts';
import { sweepPage } from '../src/operations/sweep-page.ts';
import { tendRenditions } from '../src/operations/tend-renditions.ts';
import { good, pending, putObject, ready } from './dynamodb-scenario.ts';
import { createDynamodbService, type DynamodbService } from './dynamodb-service.ts';
import { sweepAll } from './record-check.ts';
import { json } from './service.ts';
import { sharedImaging } from './shared-imaging.ts';

const HOUR_MS = 3_600_000;

after(() => sharedImaging[Symbol.asyncDispose]());

describe('where a newer service writes to the same table', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  const create = () => createDynamodbService(server.dynamo, { environment: { FINALIZE_ON_READ: 'off' } });

  it('its images are served, described and listed', async () => {
    await using service = await create();
    const id = await upgraded(service, await ready(service, { tags: ['red'] }));
    const served = await service.request(`/images/${id}`);
    assert.equal(served.status, 200);
    assert.deepEqual(new Uint8Array(await served.arrayBuffer()), good);
    assert.equal((await service.request(`/images/${id}/metadata`)).status, 200);
    for (const query of ['user_id=u', 'tag=red']) {
      const { images } = (await (await service.request(`/images?${query}`)).json()) as { images: object[] };
      assert.equal(images.length, 1, query);
    }
  });

  for (const [what, request] of Object.entries<(id: string) => [string, RequestInit]>({
    'a PATCH': (id) => [`/images/${id}`, { ...json({ tags: ['blue'] }), method: 'PATCH' }],
    'a DELETE': (id) => [`/images/${id}?user_id=u`, { method: 'DELETE' }],
  })) {
    it(`${what} of such an image is a 503 that says when to come again, and changes nothing`, async () => {
      await using service = await create();
      const id = await upgraded(service, await ready(service, { tags: ['red'] }));
      const stored = await rawItem(service.table, imageKey(id));
      const answer = await service.request(...request(id));
      assert.equal(answer.status, 503);
      assert.ok(Number(answer.headers.get('retry-after')) > 0);
      assert.equal(((await answer.json()) as { code: string }).code, 'unavailable');
      assert.deepEqual(await rawItem(service.table, imageKey(id)), stored);
      assert.equal((await service.request(`/images/${id}`)).status, 200);
    });
  }

  it('an upload of such a grant is left for it, bytes and record; ours beside it is seen to', async () => {
    await using service = await create();
    const theirs = await pending(service);
    await upgraded(service, theirs.id);
    const ours = await pending(service);
    for (const { userId, id } of [theirs, ours]) await putObject(service, incomingKey(userId, id), good);
    const stored = await rawItem(service.table, imageKey(theirs.id));
    const complete = await service.request(`/images/${theirs.id}/complete`, { method: 'POST' });
    assert.equal(complete.status, 503);
    assert.equal((await service.request(`/images/${ours.id}/complete`, { method: 'POST' })).status, 200);
    assert.deepEqual(await rawItem(service.table, imageKey(theirs.id)), stored);
    assert.ok(await service.services.objects.head(incomingKey(theirs.userId, theirs.id)));
  });

  it('what comes for such an image, whatever its status, is left for it, and the event comes again', async () => {
    await using service = await create();
    const pendingOne = await pending(service);
    const expired = expire(await pending(service), service.clock.now());
    const before = await service.services.images.get(expired.id);
    assert.ok(before && (await service.services.images.replace(before, expired)));
    for (const id of [pendingOne.id, await ready(service), expired.id]) {
      await upgraded(service, id);
      const key = incomingKey('u', id);
      await putObject(service, key, good);
      const complete = await service.request(`/images/${id}/complete`, { method: 'POST' });
      assert.equal(complete.status, 503);
      assert.ok(Number(complete.headers.get('retry-after')) > 0);
      await assert.rejects(acceptArrival(service.services, [key]), { code: 'unavailable' });
      assert.ok(await service.services.objects.head(key));
    }
  });

  it('renditions of such an image are served, and removed by nobody here', async () => {
    await using service = await create();
    const id = await ready(service, { tags: ['red'] });
    const path = `/images/${id}/renditions/thumb`;
    assert.equal((await service.request(path)).status, 200);
    await upgraded(service, id);
    await giveAttributes(service.table, imageKey(id), { tendAt: { N: '0' } });
    const stored = await service.storedFiles();
    for (const purged of [path, `/images/${id}/renditions`]) {
      assert.equal((await service.request(purged, { method: 'DELETE' })).status, 503);
    }
    service.clock.offsetMs += 31 * 24 * HOUR_MS;
    await assert.rejects(tendRenditions(service.services, id), { code: 'unavailable' });
    const image = await service.services.images.get(id);
    assert.ok(image?.status === 'ready');
    await assert.rejects(keepFewRenditions(service.services, image, originalKey(image, 'made')), {
      code: 'unavailable',
    });
    assert.deepEqual(await service.storedFiles(), stored);
    assert.equal((await service.request(path)).status, 200);
  });

  it('the sweeper leaves what is due of it, and does what is due of ours behind it', async () => {
    await using service = await create();
    const theirs: ImageId[] = [];
    for (let count = 0; count < 25; count += 1) theirs.push((await pending(service)).id);
    for (const id of theirs) await upgraded(service, id);
    service.clock.offsetMs += 1_000;
    const ours = await pending(service);
    service.clock.offsetMs += HOUR_MS;
    await sweepAll(service);
    assert.equal((await service.services.images.get(ours.id))?.status, 'expired');
    for (const id of theirs) assert.equal((await service.services.images.get(id))?.status, 'pending');
  });

  it('one that was upgraded after it was found due fails by itself, not the round', async () => {
    await using service = await create();
    const found = await pending(service);
    service.clock.offsetMs += HOUR_MS;
    await upgraded(service, found.id);
    const failures: unknown[] = [];
    await sweepPage(service.services, [found], (error) => failures.push(error instanceof AppError && error.code));
    assert.deepEqual(failures, ['unavailable']);
    assert.deepEqual(await service.services.images.get(found.id), found);
  });

  it('writes that it forbids say nothing of the table: the process stays ready', async () => {
    const events: ServiceEvent[] = [];
    await using service = await createDynamodbService(server.dynamo, { onEvent: (event) => events.push(event) });
    const { images, health } = service.services;
    const image = await pending(service);
    await upgraded(service, image.id);
    for (let second = 0; second < 20; second += 5) {
      const written = images.replace(image, expire(image, service.clock.now()));
      await assert.rejects(written, { code: 'unavailable', isOfNewerVersion: true });
      service.clock.offsetMs += 5_000;
    }
    assert.equal(health.records.condition(), 'ok');
    assert.ok(!events.some(({ event }) => event === 'part-degraded' || event === 'part-failing'));
    assert.deepEqual(await (await service.request('/readyz')).json(), { status: 'ok' });
  });

  it('what a process of our version has added to a record survives a PATCH and a DELETE', async () => {
    await using service = await create();
    const id = await ready(service, { tags: ['red'] });
    await giveAttributes(service.table, imageKey(id), ADDED);
    const patch = { ...json({ tags: ['blue'], description: 'the sea' }), method: 'PATCH' };
    assert.equal((await service.request(`/images/${id}`, patch)).status, 200);
    assert.partialDeepStrictEqual(await rawItem(service.table, imageKey(id)), ADDED);
    assert.equal((await service.request(`/images/${id}?user_id=u`, { method: 'DELETE' })).status, 200);
    assert.partialDeepStrictEqual(await rawItem(service.table, imageKey(id)), ADDED);
  });
});

/** As the newer service leaves the record. */
async function upgraded({ table }: DynamodbService, id: ImageId): Promise<ImageId> {
  await giveAttributes(table, imageKey(id), NEWER);
  return id;
}

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { AppError } from '../../src/domain/errors.ts';
import { expire, withWorkingCopy } from '../../src/domain/image/image.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { incomingKey, originalKey } from '../../src/domain/image/object-key.ts';
import { hearingPostponed } from '../../src/observe/observer/hearing.fixture.ts';
import type { ServiceEvent } from '../../src/observe/observer/observer.ts';
import { keepFewRenditions } from '../../src/operations/renditions/keep-few-renditions.ts';
import { maintainRenditions } from '../../src/operations/renditions/maintain-renditions.ts';
import { sweepPage } from '../../src/operations/upkeep/sweep-page.ts';
import { finalizeArrival } from '../../src/operations/uploads/finalize-after-event.ts';
import { imageKey } from '../../src/records/dynamodb/item-keys.ts';
import { ADDED, giveAttributes, NEWER, rawItem } from '../../src/records/dynamodb/raw-item.fixture.ts';
import { good, pending, putObject, ready } from '../faults/records/scenario.ts';
import { createDynamodbService, type DynamodbService } from '../services/dynamodb-service.ts';
import { sweepAll } from '../services/record-check.ts';
import { json } from '../services/service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';

const HOUR_MS = 3_600_000;

after(() => sharedImaging[Symbol.asyncDispose]());

describe('beside a newer service on the same table,', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  const create = () => createDynamodbService(server.dynamo, { environment: { FINALIZE_ON_READ: 'off' } });

  it('images of the newer service are served, described and listed', async () => {
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
    it(`${what} of its image is a 503 with Retry-After and changes nothing`, async () => {
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

  it('complete of its grant is a 503 and keeps bytes and record; an upload of ours is finalized', async () => {
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

  it('uploaded objects of its pending, ready and expired images are kept, and their events fail', async () => {
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
      await assert.rejects(finalizeArrival(service.services, [key]), { code: 'unavailable' });
      assert.ok(await service.services.objects.head(key));
    }
  });

  it('renditions of its image are made from the original if its working copy is lost', async () => {
    await using service = await create();
    const id = await ready(service);
    const image = await service.services.images.get(id);
    assert.ok(image?.status === 'ready');
    const { width, height } = image;
    const lost = { sha256: '0'.repeat(64), sizeBytes: 100, contentType: 'image/jpeg', width, height } as const;
    assert.ok(await service.services.images.replace(image, withWorkingCopy(image, lost)));
    await upgraded(service, id);
    const stored = await rawItem(service.table, imageKey(id));
    const signed = await service.request(`/images/${id}/render-url`, json({ w: 8 }));
    const { url } = (await signed.json()) as { url: string };
    for (const _time of [1, 2]) assert.equal((await service.send(url)).status, 200);
    assert.deepEqual(await rawItem(service.table, imageKey(id)), stored);
  });

  it('renditions of its image are made from the original if its working copy has an unknown form', async () => {
    await using service = await create();
    const id = await upgraded(service, await ready(service));
    await giveAttributes(service.table, imageKey(id), { workingCopy: { S: '{"sha256":"x","type":"image/jxl"}' } });
    assert.equal((await service.request(`/images/${id}/renditions/thumb`)).status, 200);
    assert.equal((await service.request(`/images/${id}/metadata`)).status, 200);
  });

  it('renditions of its image are served and not removed', async () => {
    await using service = await create();
    const id = await ready(service, { tags: ['red'] });
    const path = `/images/${id}/renditions/thumb`;
    assert.equal((await service.request(path)).status, 200);
    await upgraded(service, id);
    await giveAttributes(service.table, imageKey(id), { maintainAt: { N: '0' } });
    const stored = await service.storedFiles();
    for (const purged of [path, `/images/${id}/renditions`]) {
      assert.equal((await service.request(purged, { method: 'DELETE' })).status, 503);
    }
    service.clock.offsetMs += 31 * 24 * HOUR_MS;
    await assert.rejects(maintainRenditions(service.services, id), { code: 'unavailable' });
    const image = await service.services.images.get(id);
    assert.ok(image?.status === 'ready');
    await assert.rejects(
      keepFewRenditions(service.services, image, { key: originalKey(image, 'made'), sizeBytes: 1 }),
      {
        code: 'unavailable',
      },
    );
    assert.deepEqual(await service.storedFiles(), stored);
    assert.equal((await service.request(path)).status, 200);
  });

  it('the sweeper skips its due records, and continues with ours behind them', async () => {
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

  it('a record that it has upgraded since it was found due fails alone', async () => {
    await using service = await create();
    const found = await pending(service);
    service.clock.offsetMs += HOUR_MS;
    await upgraded(service, found.id);
    const failures: unknown[] = [];
    const note = (error: unknown) => failures.push(error instanceof AppError && error.code);
    await sweepPage(hearingPostponed(service.services, note), [found]);
    assert.deepEqual(failures, ['unavailable']);
    assert.deepEqual(await service.services.images.get(found.id), found);
  });

  it('refused writes to its records don’t affect readiness', async () => {
    const events: ServiceEvent[] = [];
    await using service = await createDynamodbService(server.dynamo, { observe: (event) => events.push(event) });
    const { images, health } = service.services;
    const image = await pending(service);
    await upgraded(service, image.id);
    for (let second = 0; second < 20; second += 5) {
      const written = images.replace(image, expire(image, service.clock.now()));
      await assert.rejects(written, { code: 'unavailable', isOfNewerVersion: true });
      await assert.rejects(images.getToChange(image.id), { code: 'unavailable', isOfNewerVersion: true });
      service.clock.offsetMs += 5_000;
    }
    assert.equal(health.records.condition(), 'ok');
    assert.ok(!events.some(({ event }) => event === 'part-degraded' || event === 'part-failing'));
    assert.deepEqual(await (await service.request('/readyz')).json(), { status: 'ok' });
  });

  it('attributes that the same version has added to a record survive a PATCH and a DELETE', async () => {
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

/** The record as the newer service leaves it. */
async function upgraded({ table }: DynamodbService, id: ImageId): Promise<ImageId> {
  await giveAttributes(table, imageKey(id), NEWER);
  return id;
}

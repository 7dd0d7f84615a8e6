import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import type { TokenUse } from '../../src/domain/access/upload-token.ts';
import {
  describe as describeImage,
  type Image,
  type ImageDescription,
  type PendingImage,
} from '../../src/domain/image/image.ts';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import { tokenUsesKey } from '../../src/records/dynamodb/item-keys.ts';
import { rawItem } from '../../src/records/dynamodb/raw-item.fixture.ts';
import type { ImageRepository } from '../../src/records/images/image-repository.ts';
import {
  NOW,
  sampleKeyUse,
  samplePending,
  samplePublished,
  sampleTokenUse,
} from '../../src/records/images/sample-images.fixture.ts';
import type { Held } from '../faults/faulty-proxy.ts';
import type { CallName } from '../faults/injection.ts';
import { bad, good, pending, putObject } from '../faults/records/scenario.ts';
import { createDynamodbService, type DynamodbService } from '../services/dynamodb-service.ts';
import { json, post } from '../services/service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';
import { requireRest } from './agreement.ts';
import type { DynamodbFaultKind } from './fault-kinds.ts';

type AddWithToken = (images: ImageRepository, image: PendingImage, use: TokenUse) => Promise<boolean>;

const LEASE_MS = 61_000;
const PUBLISH = 'TransactWriteItems facet+image+months';

const complete = (service: DynamodbService, id: string): Promise<Response> =>
  service.request(`/images/${id}/complete`, { method: 'POST' });

const upload = (service: DynamodbService, bytes = good, key = 'one'): Promise<Response> =>
  service.request('/images/upload?user_id=u', post(bytes, 'image/jpeg', { 'Idempotency-Key': key }));

const describeIt = (service: DynamodbService, id: string): Promise<Response> =>
  service.request(`/images/${id}`, { ...json({ description: 'meanwhile' }), method: 'PATCH' });

async function arrived(service: DynamodbService, bytes = good): Promise<string> {
  const { userId, id } = await pending(service);
  await putObject(service, incomingKey(userId, id), bytes);
  return id;
}

async function idsIn(service: DynamodbService): Promise<string[]> {
  const { images } = (await (await service.request('/images?user_id=u')).json()) as { images: { image_id: string }[] };
  return images.map(({ image_id }) => image_id);
}

/** Asserts that the image was published and changed: it has its bytes and the changed metadata. */
async function requireServed(service: DynamodbService, id: string): Promise<void> {
  const served = await service.request(`/images/${id}`);
  assert.equal(Buffer.compare(await served.bytes(), good), 0);
  const said = (await (await service.request(`/images/${id}/metadata`)).json()) as { description: string };
  assert.equal(said.description, 'meanwhile');
}

/** Loses the answer to the call of this name that comes after `before` others; stops its repetition. */
async function lose(
  { proxy }: DynamodbService,
  { name, kind, nth = 1 }: { name: CallName; kind: DynamodbFaultKind; nth?: number },
): Promise<Held> {
  let held = proxy.hold(name, 'before');
  for (let call = 1; call <= nth; call += 1) {
    await held.reached;
    if (call === nth) proxy.fail({ kind, name, nth: 1, lasts: 'once' });
    const next = proxy.hold(name, 'before');
    held.release();
    held = next;
  }
  await held.reached;
  return held;
}

after(() => sharedImaging[Symbol.asyncDispose]());

describe('after a lost response of DynamoDB, and a change before the retry,', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  for (const kind of ['lost answer', 'lost with its token'] as const) {
    it(`a finalize keeps the bytes of the image (${kind})`, async () => {
      await using service = await createDynamodbService(server.dynamo);
      const id = await arrived(service);
      const completing = complete(service, id);
      const repetition = await lose(service, { name: PUBLISH, kind });
      assert.equal((await describeIt(service, id)).status, 200);
      repetition.release();
      assert.equal((await completing).status, 200);
      await requireServed(service, id);
      await requireRest(service);
      await requireServed(service, id);
    });

    it(`a direct upload keeps the bytes of the image (${kind})`, async () => {
      await using service = await createDynamodbService(server.dynamo);
      const uploading = upload(service);
      const repetition = await lose(service, { name: PUBLISH, kind });
      const [id = ''] = await idsIn(service);
      assert.equal((await describeIt(service, id)).status, 200);
      repetition.release();
      assert.equal((await uploading).status, 200);
      await requireServed(service, id);
      await requireRest(service);
      await requireServed(service, id);
    });
  }

  for (const kind of ['lost answer', 'lost with its token'] as const) {
    for (const [what, name, add] of [
      ['a new record', 'TransactWriteItems image+token', (images, image, use) => images.create(image, use)],
      [
        'a new record with an Idempotency-Key',
        'TransactWriteItems image+key+token',
        async (images, image, use) => {
          const keyed = sampleKeyUse({ key: image.id, imageId: image.id, leaseUntil: null });
          return (await images.useKey(keyed, NOW, image, use)) === undefined;
        },
      ],
    ] as const satisfies readonly (readonly [string, CallName, AddWithToken])[]) {
      it(`${what} counts one use of its upload token, also the last one (${kind})`, async () => {
        await using service = await createDynamodbService(server.dynamo);
        const { images } = service.services;
        const use = sampleTokenUse({ maxImages: 1 });
        const lost = service.proxy.fail({ kind, name, nth: 1, lasts: 'once' });
        const image = samplePending();
        assert.equal(await add(images, image, use), true);
        assert.equal(lost.hits(), 1);
        assert.deepEqual(await images.get(image.id), image);
        assert.deepEqual((await rawItem(service.table, tokenUsesKey(use.tokenId)))?.['used'], { N: '1' });
        await assert.rejects(add(images, samplePending(), use), { code: 'upload-token-used-up' });
      });
    }
  }

  for (const [what, name, kind, description] of [
    ['a change of its record', 'UpdateItem image', 'lost answer', { description: 'the sea' }],
    ['a change of its lists', 'TransactWriteItems facet+image', 'lost with its token', { tags: ['sea'] }],
  ] as const satisfies readonly (readonly [string, CallName, DynamodbFaultKind, Partial<ImageDescription>])[]) {
    it(`${what} counts as made`, async () => {
      await using service = await createDynamodbService(server.dynamo);
      const { images } = service.services;
      const image = samplePending();
      const published = samplePublished(image);
      assert.ok((await images.create(image)) && (await images.replace(image, published)));
      const lost = service.proxy.fail({ kind, name, nth: 1, lasts: 'once' });
      const changed = describeImage(published, description, NOW);
      assert.equal(await images.replace(published, changed), true);
      assert.equal(lost.hits(), 1);
      assert.deepEqual(await images.get(image.id), changed);
    });
  }

  it('a rejected image stays rejected', async () => {
    await using service = await createDynamodbService(server.dynamo);
    const id = await arrived(service, bad);
    const completing = complete(service, id);
    const repetition = await lose(service, { name: 'UpdateItem image', kind: 'lost answer', nth: 2 });
    assert.equal((await describeIt(service, id)).status, 409);
    repetition.release();
    assert.equal((await completing).status, 400);
    assert.equal((await service.services.images.get(id as Image['id']))?.status, 'rejected');
    await requireRest(service);
  });

  it('a finalize succeeds after the claim, whose response was lost, has lapsed', async () => {
    await using service = await createDynamodbService(server.dynamo);
    const id = await arrived(service);
    const completing = complete(service, id);
    const repetition = await lose(service, { name: 'UpdateItem image', kind: 'lost answer' });
    assert.equal((await describeIt(service, id)).status, 200);
    repetition.release();
    service.clock.offsetMs += LEASE_MS;
    await completing;
    assert.equal((await complete(service, id)).status, 200);
    await requireServed(service, id);
    await requireRest(service);
  });

  it('the release of a key leaves it to a request that has used it since', async () => {
    await using service = await createDynamodbService(server.dynamo);
    const refused = upload(service, bad);
    const repetition = await lose(service, { name: 'UpdateItem key', kind: 'lost answer' });
    const stored = await upload(service);
    assert.equal(stored.status, 200);
    repetition.release();
    assert.equal((await refused).status, 400);
    assert.deepEqual(await (await upload(service)).json(), await stored.json(), 'expected the same image');
    assert.equal((await idsIn(service)).length, 1);
    await requireRest(service);
  });
});

describe('a clock that is hours off', { skip: NO_DYNOXIDE }, () => {
  it('does not block access to the table: requests are signed with the table’s time', async () => {
    await using server = await dynamoForTests();
    await using service = await createDynamodbService(server.dynamo);
    service.proxy.fail({ kind: 'another clock', name: 'PutItem key', nth: 0, lasts: 'for every call' });
    assert.equal((await upload(service)).status, 200);
    assert.equal((await idsIn(service)).length, 1);
    service.proxy.repair();
    await requireRest(service);
  });
});

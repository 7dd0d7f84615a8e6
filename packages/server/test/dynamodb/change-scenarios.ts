import assert from 'node:assert/strict';
import { DeleteItemCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { AppError } from '../../src/domain/errors.ts';
import { purgedAt } from '../../src/domain/image/deadlines.ts';
import { tombstone, trash } from '../../src/domain/image/image.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import { hearing, hearingPostponed } from '../../src/observe/observer/hearing.fixture.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import { attributesOfKey, sharedKey } from '../../src/records/dynamodb/item-keys.ts';
import { openDynamodb } from '../../src/records/images/dynamodb/open.ts';
import { type Outcome, outcomeOf } from '../chance/outcome.ts';
import { type DynamodbService, SHARDS } from '../services/dynamodb-service.ts';
import { good, outcomeOfWork, pending, putObject, ready, type Scenario } from './scenario.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const tagged = (service: DynamodbService): Promise<string> => ready(service, { tags: ['sea', 'sun'] });

const patch = (service: DynamodbService, id: string, body: object, headers = {}): Promise<Response> =>
  service.request(`/images/${id}`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

/** A change needs the image as it was read: repeating it is refused. */
const AS_READ = { 'If-Match': '"2"' };

export const requireImage = (expected: object) => async (service: DynamodbService, id: string) => {
  const image = await service.services.images.get(id as ImageId);
  assert.deepEqual({ ...image, ...expected }, image);
};

const remove = (service: DynamodbService, id: string): Promise<Response> =>
  service.request(`/images/${id}`, { method: 'DELETE' });

const change = (service: DynamodbService, id: string, verb: 'trash' | 'restore'): Promise<Response> =>
  service.request(`/images/${id}/${verb}`, { method: 'POST' });

async function trashed(service: DynamodbService): Promise<string> {
  const id = await tagged(service);
  const image = await service.services.images.get(id as ImageId);
  assert.ok(image?.status === 'ready');
  const now = service.clock.now();
  assert.ok(await service.services.images.replace(image, trash(image, now, purgedAt(now, 30))));
  return id;
}

async function deleted(service: DynamodbService): Promise<string> {
  const id = await tagged(service);
  const image = await service.services.images.get(id as ImageId);
  assert.ok(image?.status === 'ready');
  assert.ok(await service.services.images.replace(image, tombstone(image, service.clock.now())));
  service.clock.offsetMs += 2 * MINUTE_MS;
  return id;
}

/** Uploaded, and not requested until its last look is due. */
async function forgotten(service: DynamodbService): Promise<string> {
  const { userId, id } = await pending(service, { tags: ['sea'] });
  await putObject(service, incomingKey(userId, id), good);
  service.clock.offsetMs += HOUR_MS;
  return id;
}

/** `stale`: a due image is unchanged. */
export const sweepOnce =
  (isDone: (service: DynamodbService, id: ImageId) => Promise<boolean>) =>
  (service: DynamodbService, id: string): Promise<Outcome> =>
    outcomeOfWork(async () => {
      const failures: unknown[] = [];
      const services = hearingPostponed(service.services, (error) => failures.push(error));
      const signal = new AbortController().signal;
      await sweep(services, { holder: 'test', signal }).finally(() => {
        service.clock.offsetMs += MINUTE_MS + 1_000; // postponed images are due again
      });
      const other = failures.find((error) => !(error instanceof AppError) || error.code !== 'unavailable');
      if (other !== undefined) throw other;
      if (failures.length > 0) return 'later';
      return (await isDone(service, id as ImageId)) ? 'done' : 'stale';
    });

/** The first process makes what all of them share. */
async function unshared({ table: { dynamo, name } }: DynamodbService): Promise<string> {
  const client = new DynamoDBClient({ endpoint: dynamo.url, region: dynamo.region, credentials: dynamo });
  for (const key of [sharedKey('secret'), sharedKey('shards')]) {
    await client.send(new DeleteItemCommand({ TableName: name, Key: attributesOfKey(key) }));
  }
  client.destroy();
  return '';
}

const start = ({ table: { client, dynamo, name }, proxy, timeouts }: DynamodbService): Promise<Outcome> =>
  outcomeOfWork(async () => {
    await using opened = await openDynamodb({
      table: name,
      region: dynamo.region,
      endpoint: proxy.url,
      caBundle: null,
      shards: SHARDS,
      writtenShards: SHARDS,
      globalLists: true,
      quotas: null,
      credentials: dynamo,
      observe: hearing('warning', ({ sentence }) => assert.fail(sentence)),
      ...(timeouts && { timeouts }),
    });
    const secret = await opened.ownSecret();
    const { Item } = await client.send(
      new GetItemCommand({ TableName: name, Key: attributesOfKey(sharedKey('secret')), ConsistentRead: true }),
    );
    return Item?.['secret']?.S === secret ? 'done' : 'wrong: a secret that no other process has';
  });

export const CHANGES: readonly Scenario[] = [
  { name: 'a read', prepare: tagged, act: async (service, id) => outcomeOf(await service.request(`/images/${id}`)) },
  {
    name: 'a change of tags',
    prepare: tagged,
    act: async (service, id) => outcomeOf(await patch(service, id, { tags: ['sun', 'sky'] }, AS_READ)),
    again: async (service, id) => outcomeOf(await patch(service, id, { tags: ['sun', 'sky'] })),
    holds: requireImage({ tags: ['sun', 'sky'] }),
  },
  {
    name: 'a change of the description',
    prepare: tagged,
    act: async (service, id) => outcomeOf(await patch(service, id, { description: 'the sea' }, AS_READ)),
    again: async (service, id) => outcomeOf(await patch(service, id, { description: 'the sea' })),
    holds: requireImage({ description: 'the sea', tags: ['sea', 'sun'] }),
  },
  {
    name: 'a change of the external id',
    prepare: (service) => ready(service, { externalId: 'one' }),
    act: async (service, id) => outcomeOf(await patch(service, id, { external_id: 'two' }, AS_READ)),
    again: async (service, id) => outcomeOf(await patch(service, id, { external_id: 'two' })),
    async holds({ services: { images } }, id) {
      assert.equal((await images.findByExternalId('u', 'two'))?.id, id);
      assert.equal(await images.findByExternalId('u', 'one'), undefined);
    },
  },
  {
    name: 'a delete',
    prepare: tagged,
    act: async (service, id) => outcomeOf(await remove(service, id)),
    again: async (service, id) => outcomeOf(await remove(service, id), ({ ok, status }) => ok || status === 404),
    holds: requireImage({ status: 'deleted' }),
  },
  {
    name: 'moving to the trash',
    prepare: tagged,
    act: async (service, id) => outcomeOf(await change(service, id, 'trash')),
    holds: requireImage({ status: 'trashed', tags: ['sea', 'sun'], revision: 3 }),
  },
  {
    name: 'a restore',
    prepare: trashed,
    act: async (service, id) => outcomeOf(await change(service, id, 'restore')),
    again: async (service, id) =>
      outcomeOf(await change(service, id, 'restore'), ({ ok, status }) => ok || status === 404),
    holds: requireImage({ status: 'ready', tags: ['sea', 'sun'], revision: 4 }),
  },
  {
    name: 'a delete from the trash',
    prepare: trashed,
    act: async (service, id) => outcomeOf(await remove(service, id)),
    again: async (service, id) => outcomeOf(await remove(service, id), ({ ok, status }) => ok || status === 404),
    holds: requireImage({ status: 'deleted' }),
  },
  {
    name: 'a sweep that purges',
    isRepeated: true,
    async prepare(service) {
      const id = await trashed(service);
      service.clock.offsetMs += 31 * 24 * HOUR_MS;
      return id;
    },
    act: sweepOnce(async (service, id) => {
      const image = await service.services.images.get(id);
      return image?.status === 'deleted' && (await service.storedFiles()).length === 0;
    }),
  },
  {
    name: 'a sweep of an arrived upload',
    only: ['throughput exceeded', 'lost answer', 'late', 'stale', 'nothing of a page', 'all keys unprocessed'],
    isRepeated: true,
    prepare: forgotten,
    act: sweepOnce(async ({ services }, id) => (await services.images.get(id))?.status === 'ready'),
  },
  {
    name: 'a sweep of objects left by a delete',
    isRepeated: true,
    prepare: deleted,
    act: sweepOnce(async (service) => (await service.storedFiles()).length === 0),
  },
  { name: 'a start', prepare: unshared, act: start },
];

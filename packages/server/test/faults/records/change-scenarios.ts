import assert from 'node:assert/strict';
import { lastLookAt, purgedAt } from '../../../src/domain/image/deadlines.ts';
import { tombstone, trash } from '../../../src/domain/image/image.ts';
import type { ImageId } from '../../../src/domain/image/image-id.ts';
import { incomingKey } from '../../../src/domain/image/object-key.ts';
import { hearingPostponed } from '../../../src/observe/observer/hearing.fixture.ts';
import { sweep } from '../../../src/operations/upkeep/sweep.ts';
import { type Outcome, outcomeOf } from '../../chance/outcome.ts';
import {
  good,
  isAway,
  outcomeOfWork,
  pending,
  putObject,
  ready,
  type Scenario,
  type ServiceOnStore,
} from './scenario.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const tagged = (service: ServiceOnStore): Promise<string> => ready(service, { tags: ['sea', 'sun'] });

const patch = (service: ServiceOnStore, id: string, body: object, headers = {}): Promise<Response> =>
  service.request(`/images/${id}`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

/** A change needs the image as it was read: repeating it is refused. */
const AS_READ = { 'If-Match': '"2"' };

export const requireImage = (expected: object) => async (service: ServiceOnStore, id: string) => {
  const image = await service.services.images.get(id as ImageId);
  assert.deepEqual({ ...image, ...expected }, image);
};

const remove = (service: ServiceOnStore, id: string): Promise<Response> =>
  service.request(`/images/${id}`, { method: 'DELETE' });

const change = (service: ServiceOnStore, id: string, verb: 'trash' | 'restore'): Promise<Response> =>
  service.request(`/images/${id}/${verb}`, { method: 'POST' });

async function trashed(service: ServiceOnStore): Promise<string> {
  const id = await tagged(service);
  const image = await service.services.images.get(id as ImageId);
  assert.ok(image?.status === 'ready');
  const now = service.clock.now();
  assert.ok(await service.services.images.replace(image, trash(image, now, purgedAt(now, 30))));
  return id;
}

async function deleted(service: ServiceOnStore): Promise<string> {
  const id = await tagged(service);
  const image = await service.services.images.get(id as ImageId);
  assert.ok(image?.status === 'ready');
  assert.ok(await service.services.images.replace(image, tombstone(image, service.clock.now())));
  service.clock.offsetMs += 2 * MINUTE_MS;
  return id;
}

/** So little past a deadline that a sweep which fails then is repeated soon: the delay is what has passed since. */
const JUST_MS = 30_000;

/** Uploaded, and not requested until its last look is due. */
async function forgotten(service: ServiceOnStore): Promise<string> {
  const { userId, id, expiresAt } = await pending(service, { tags: ['sea'] });
  await putObject(service, incomingKey(userId, id), good);
  service.clock.offsetMs += lastLookAt(expiresAt).getTime() - service.clock.now().getTime() + JUST_MS;
  return id;
}

/** `stale`: a due image is unchanged. */
export const sweepOnce =
  (isDone: (service: ServiceOnStore, id: ImageId) => Promise<boolean>) =>
  (service: ServiceOnStore, id: string): Promise<Outcome> =>
    outcomeOfWork(async () => {
      const failures: unknown[] = [];
      const services = hearingPostponed(service.services, (error) => failures.push(error));
      const signal = new AbortController().signal;
      await sweep(services, { holder: 'test', signal }).finally(() => {
        service.clock.offsetMs += MINUTE_MS + 1_000; // postponed images are due again
      });
      const other = failures.find((error) => !isAway(error));
      if (other !== undefined) throw other;
      if (failures.length > 0) return 'later';
      return (await isDone(service, id as ImageId)) ? 'done' : 'stale';
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
      service.clock.offsetMs += 30 * 24 * HOUR_MS + JUST_MS;
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
];

import assert from 'node:assert/strict';
import type { ImageId } from '../../../src/domain/image/image-id.ts';
import { incomingKey } from '../../../src/domain/image/object-key.ts';
import { isOk, outcomeOf } from '../../chance/outcome.ts';
import { sha256Of, sweepAll } from '../../services/record-check.ts';
import { json, post } from '../../services/service.ts';
import { bad, good, other, pending, putObject, ready, type Scenario, type ServiceOnStore } from './scenario.ts';

/** Slightly longer than a key's lease. */
const LEASE_MS = 31_000;

export const KEYED = { 'Idempotency-Key': 'one' };

const grant = (service: ServiceOnStore, headers: Record<string, string> = {}): Promise<Response> =>
  service.request('/images/upload', json({ user_id: 'u', content_type: 'image/jpeg', tags: ['sea'] }, headers));

export const upload = (
  service: ServiceOnStore,
  bytes = good,
  headers: Record<string, string> = {},
): Promise<Response> => service.request('/images/upload?user_id=u&tags=sea,sun', post(bytes, 'image/jpeg', headers));

const idIn = async (response: Response): Promise<string> => {
  assert.equal(response.status, 200, await response.clone().text());
  return ((await response.json()) as { image_id: string }).image_id;
};

const replace = (service: ServiceOnStore, id: string): Promise<Response> =>
  service.request(`/images/${id}/content`, { ...post(other, 'image/jpeg', KEYED), method: 'PUT' });

export async function arrived(service: ServiceOnStore, bytes = good): Promise<string> {
  const { userId, id } = await pending(service, { tags: ['sea'] });
  await putObject(service, incomingKey(userId, id), bytes);
  return id;
}

/** A direct upload that died after its publish: its key is held until its lease ends. */
async function dead(service: ServiceOnStore): Promise<string> {
  const id = await idIn(await upload(service, good, KEYED));
  const { images } = service.services;
  const now = service.clock.now();
  const another = { userId: 'u', key: KEYED['Idempotency-Key'], fingerprint: '', imageId: id as ImageId };
  const use = await images.useKey({ ...another, leaseUntil: null, expiresAt: now }, now);
  assert.ok(use && (await images.replaceKeyUse(use, { ...use, leaseUntil: now })));
  return id;
}

const inParts = (service: ServiceOnStore, headers: Record<string, string> = {}): Promise<Response> =>
  service.request(
    '/uploads',
    json({ user_id: 'u', content_type: 'image/jpeg', size: good.length, parts: true, tags: ['sea'] }, headers),
  );

/** All its parts have arrived. */
async function arrivedInParts(service: ServiceOnStore): Promise<string> {
  const answer = await inParts(service);
  assert.equal(answer.status, 201, await answer.clone().text());
  const { image_id, parts } = (await answer.json()) as {
    image_id: string;
    parts: { urls: readonly { url: string; headers: Record<string, string> }[] };
  };
  for (const { url, headers } of parts.urls)
    assert.equal((await service.send(url, { method: 'PUT', headers, body: good })).status, 200);
  return image_id;
}

const listed = async (service: ServiceOnStore, query: string): Promise<number> =>
  ((await (await service.request(`/images?user_id=u&${query}`)).json()) as { count: number }).count;

/** Every acknowledged image exists; a key has made one image, even if requests were repeated. */
export const requireOne = (query: string) => async (service: ServiceOnStore) =>
  assert.equal(await listed(service, query), 1);
const requireSome = (query: string) => async (service: ServiceOnStore) => assert.ok((await listed(service, query)) > 0);

async function requireReady(service: ServiceOnStore, id: string): Promise<void> {
  const image = await service.services.images.get(id as ImageId);
  assert.equal(image?.status, 'ready');
}

export const UPLOADS: readonly Scenario[] = [
  {
    name: 'a grant',
    prepare: async () => '',
    act: async (service) => outcomeOf(await grant(service)),
    holds: requireSome('status=pending'),
  },
  {
    name: 'a grant with an Idempotency-Key',
    prepare: async () => '',
    act: async (service) => outcomeOf(await grant(service, KEYED)),
    holds: requireOne('status=pending'),
  },
  {
    name: 'a grant with an external id',
    prepare: async () => '',
    act: async (service) => {
      const body = { user_id: 'u', content_type: 'image/jpeg', external_id: 'one' };
      return outcomeOf(await service.request('/images/upload', json(body, KEYED)));
    },
    holds: requireOne('external_id=one'),
  },
  {
    name: 'a repeated grant',
    prepare: async (service) => idIn(await grant(service, KEYED)),
    act: async (service, id) => {
      service.clock.offsetMs += 1_000; // so that the new URL expires later
      return outcomeOf(await grant(service, KEYED), async (response) => response.ok && (await idIn(response)) === id);
    },
    holds: requireOne('status=pending'),
  },
  {
    name: 'a direct upload',
    prepare: async () => '',
    act: async (service) => outcomeOf(await upload(service)),
    holds: requireSome('tag=sea&tag=sun'),
  },
  {
    name: 'a direct upload with an Idempotency-Key',
    prepare: async () => '',
    act: async (service) => outcomeOf(await upload(service, good, KEYED)),
    holds: requireOne('tag=sea&tag=sun'),
  },
  {
    name: 'a repeated direct upload',
    prepare: async (service) => idIn(await upload(service, good, KEYED)),
    act: async (service, id) =>
      outcomeOf(await upload(service, good, KEYED), async (response) => response.ok && (await idIn(response)) === id),
    holds: requireOne('tag=sea'),
  },
  {
    name: 'a direct upload that takes over the key of one that died',
    only: ['lost answer', 'late', 'conflict'],
    prepare: dead,
    act: async (service, id) =>
      outcomeOf(await upload(service, good, KEYED), async (response) => response.ok && (await idIn(response)) === id),
    holds: requireOne('tag=sea'),
  },
  {
    name: 'a direct upload that is refused and releases its key',
    prepare: async () => '',
    act: async (service) => outcomeOf(await upload(service, bad, KEYED), ({ status }) => status === 400),
    async holds(service) {
      service.clock.offsetMs += LEASE_MS; // in case the key could not be released
      assert.equal((await upload(service, bad, KEYED)).status, 400);
    },
  },
  {
    name: 'a replacement of the bytes of an image',
    prepare: (service) => ready(service, { tags: ['sea'] }),
    act: async (service, id) => outcomeOf(await replace(service, id)),
    async holds(service, id) {
      service.clock.offsetMs += 60_000; // what was answered as held is finished by the sweeper
      await sweepAll(service);
      const image = await service.services.images.get(id as ImageId);
      assert.deepEqual([image?.status, image && 'sha256' in image && image.sha256], ['ready', sha256Of(other)]);
      service.clock.offsetMs += 25 * 3_600_000; // the former bytes stay for a day
    },
  },
  {
    name: 'a finalize',
    prepare: (service) => arrived(service),
    act: async (service, id) => outcomeOf(await service.request(`/images/${id}/complete`, { method: 'POST' })),
    holds: requireReady,
  },
  {
    name: 'a grant of parts with an Idempotency-Key',
    prepare: async () => '',
    act: async (service) => outcomeOf(await inParts(service, KEYED), ({ status }) => status === 201),
    holds: requireOne('status=pending'),
  },
  {
    name: 'a finalize of parts',
    prepare: arrivedInParts,
    act: async (service, id) => outcomeOf(await service.request(`/images/${id}/complete`, { method: 'POST' })),
    holds: requireReady,
  },
  {
    name: 'a finalize of bytes that are not an image',
    prepare: (service) => arrived(service, bad),
    act: async (service, id) =>
      outcomeOf(await service.request(`/images/${id}/complete`, { method: 'POST' }), ({ status }) => status === 400),
  },
  {
    name: 'a read of an upload that has just arrived',
    only: ['lost answer', 'late', 'transaction in progress'],
    prepare: (service) => arrived(service),
    act: async (service, id) => outcomeOf(await service.request(`/images/${id}`), isOk),
    holds: requireReady,
  },
  {
    name: 'a list that finds an upload that has just arrived',
    isAnsweredEarly: true,
    environment: { FINALIZE_ON_READ: 'on' },
    prepare: (service) => arrived(service),
    async act(service, id) {
      const response = await service.request('/images?user_id=u');
      if (!response.ok) return outcomeOf(response);
      return (await response.text()).includes(id) ? 'done' : 'stale';
    },
    holds: requireReady,
  },
];

import assert from 'node:assert/strict';
import type { AlbumId } from '../../src/domain/album/album-id.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { beginLog, isLogBegun } from '../../src/records/events/postgres/begin-log.ts';
import { sampleKeyUse, samplePending, sampleTokenUse } from '../../src/records/images/sample-images.fixture.ts';
import { openRecordsDatabase } from '../../src/records/postgres/open.ts';
import { sharedSecret } from '../../src/records/postgres/shared-secret.ts';
import { type Outcome, outcomeOf } from '../chance/outcome.ts';
import { outcomeOfWork, ready, type Scenario } from '../faults/records/scenario.ts';
import type { PostgresService } from '../services/postgres-faults-service.ts';
import { json } from '../services/service.ts';

const HOUR_MS = 3_600_000;

async function emptyDatabase({ database: { postgres } }: PostgresService): Promise<string> {
  await postgres.change('DROP SCHEMA public CASCADE');
  await postgres.change('CREATE SCHEMA public');
  return '';
}

/** The first process makes the tables, and what all of them share. */
const start = ({ database, proxy }: PostgresService): Promise<Outcome> =>
  outcomeOfWork(async () => {
    await using opened = await openRecordsDatabase({ url: proxy.url, connections: 2, prepares: true });
    await beginLog(opened);
    const secret = await sharedSecret(opened);
    assert.ok(await isLogBegun(database.postgres));
    const rows = await database.postgres.rows('SELECT secret FROM shared_secret');
    return rows[0]?.[0] === secret ? 'done' : 'wrong: a secret that no other process has';
  });

const add = (service: PostgresService): Promise<Response> =>
  service.request('/albums', json({ user_id: 'u', title: 'the sea' }));

const albumIn = async (response: Response): Promise<AlbumId> => {
  assert.equal(response.status, 201, await response.clone().text());
  return ((await response.json()) as { album_id: AlbumId }).album_id;
};

/** The ids of an album and of an image that isn't in it. */
const album = async (service: PostgresService): Promise<string> =>
  `${await albumIn(await add(service))} ${await ready(service, { tags: ['sea'] })}`;

/** The image is in it. */
async function filled(service: PostgresService): Promise<string> {
  const ids = await album(service);
  assert.equal(await change(service, ids, 'add'), 'done');
  return ids;
}

async function change(service: PostgresService, ids: string, verb: 'add' | 'remove'): Promise<Outcome> {
  const [albumId, imageId] = ids.split(' ');
  const response = await service.request(`/albums/${albumId}/images`, json({ [verb]: [imageId] }));
  if (response.status !== 200) return outcomeOf(response);
  const { results } = (await response.json()) as { results: { error?: { code: string } }[] };
  const code = results[0]?.error?.code;
  if (code === undefined) return 'done';
  return code === 'unavailable' || code === 'insufficient-storage' ? 'later' : `wrong: ${code}`;
}

const requireImages =
  (expected: number) =>
  async ({ request }: PostgresService, ids: string): Promise<void> => {
    const [albumId, imageId] = ids.split(' ');
    const { images } = (await (await request(`/albums/${albumId}`)).json()) as { images: number };
    const listed = (await (await request(`/images?album=${albumId}`)).json()) as { images: object[] };
    assert.deepEqual([images, listed.images.length], [expected, expected]);
    assert.equal((await request(`/images/${imageId}`)).status, 200);
  };

const remove = (service: PostgresService, ids: string): Promise<Response> =>
  service.request(`/albums/${ids.split(' ')[0]}`, { method: 'DELETE' });

/** A grant by a token for one image, whose repetition gets the same image. */
const useToken = (service: PostgresService, id: string): Promise<Outcome> =>
  outcomeOfWork(async () => {
    const now = service.clock.now();
    const expiresAt = new Date(now.getTime() + HOUR_MS / 2);
    const image = { ...samplePending({ id: id as ImageId, userId: 'u', expiresAt }), createdAt: now };
    const use = sampleKeyUse({ userId: 'u', imageId: image.id, leaseUntil: null, expiresAt });
    const token = sampleTokenUse({ maxImages: 1, forgetAt: new Date(now.getTime() + HOUR_MS) });
    const before = await service.services.images.useKey(use, now, image, token);
    return before === undefined || before.imageId === id ? 'done' : 'wrong: another image';
  });

/** Scenarios that the table of DynamoDB doesn't have. */
export const OF_THE_DATABASE: readonly Scenario<PostgresService>[] = [
  { name: 'a start', prepare: emptyDatabase, act: start },
  {
    name: 'a new album',
    prepare: async () => '',
    act: async (service) => outcomeOf(await add(service)),
    holds: async ({ database }) => assert.ok((await database.postgres.rows('SELECT id FROM albums')).length > 0),
  },
  {
    name: 'an image that comes into an album',
    prepare: album,
    act: (service, ids) => change(service, ids, 'add'),
    holds: requireImages(1),
  },
  {
    name: 'an image that leaves an album',
    prepare: filled,
    act: (service, ids) => change(service, ids, 'remove'),
    holds: requireImages(0),
  },
  {
    name: 'a deletion of an album',
    prepare: filled,
    act: async (service, ids) => outcomeOf(await remove(service, ids)),
    again: async (service, ids) => outcomeOf(await remove(service, ids), ({ ok, status }) => ok || status === 404),
    holds: async (service, ids) => assert.equal((await service.request(`/albums/${ids.split(' ')[0]}`)).status, 404),
  },
  {
    name: 'a grant by an upload token',
    prepare: async ({ services }) => services.newId(),
    act: useToken,
    async holds({ database }) {
      assert.deepEqual(await database.postgres.rows('SELECT used FROM upload_token_uses'), [[1]]);
    },
  },
];

import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { createRandom } from '../chance/random.ts';
import { repeatsOf } from '../repeats.ts';
import { createProvisionedTable, environmentOf } from '../services/dynamo-service.ts';
import { type MortalService, startMortal } from '../services/mortal-service.ts';

const { count: ROUNDS, seed: SEED } = repeatsOf('albumKills');
const CLIENTS = 50;
const IMAGES = 20;
const ALBUMS = 3;
const OWNER = 'ada';
const JSON_BODY = { 'Content-Type': 'application/json' };

const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 32, height: 24 }));

interface Results {
  readonly results: readonly { readonly image_id: string; readonly status?: string }[];
}

interface Listed {
  readonly images: readonly { readonly image_id: string }[];
}

async function read<Answer>(service: MortalService, path: string): Promise<Answer> {
  const answer = await service.send(path, { method: 'GET' });
  assert.equal(answer?.status, 200, answer?.text);
  return JSON.parse(answer?.text ?? '') as Answer;
}

async function make(service: MortalService): Promise<{ images: string[]; albums: string[] }> {
  const made = { images: [] as string[], albums: [] as string[] };
  while (made.images.length < IMAGES) {
    const headers = { 'Content-Type': 'image/jpeg' };
    const answer = await service.send(`/images/upload?user_id=${OWNER}`, { method: 'POST', headers, body: picture });
    made.images.push((JSON.parse(answer?.text ?? '') as { image_id: string }).image_id);
  }
  while (made.albums.length < ALBUMS) {
    const body = JSON.stringify({ user_id: OWNER, title: 'Lisbon' });
    const answer = await service.send('/albums', { method: 'POST', headers: JSON_BODY, body });
    made.albums.push((JSON.parse(answer?.text ?? '') as { album_id: string }).album_id);
  }
  return made;
}

/** What a client does until the service is gone: it adds, takes out, moves, trashes and restores. */
function createClient(random: ReturnType<typeof createRandom>, made: { images: string[]; albums: string[] }) {
  const pick = (all: readonly string[]): string => all[random.below(all.length)] ?? '';
  return async (service: MortalService): Promise<void> => {
    while (!service.isGone()) {
      const [image, album] = [pick(made.images), pick(made.albums)];
      const other = pick(made.images.filter((one) => one !== image));
      const body = JSON.stringify(
        [
          { add: [image, other] },
          { remove: [image] },
          { move: { image_ids: [image], after: null } },
          { add: [image], remove: [other] },
        ][random.below(4)],
      );
      const toTrash = `/images/${image}/${random.chance(0.5) ? 'trash' : 'restore'}?user_id=${OWNER}`;
      await (random.chance(0.7)
        ? service.send(`/albums/${album}/images?user_id=${OWNER}`, { method: 'POST', headers: JSON_BODY, body })
        : service.send(toTrash, { method: 'POST' }));
    }
  };
}

/** Each album lists, in each order, as many images as it says; a repeated addition finds exactly these in it. */
async function requireExact(
  service: MortalService,
  { images, albums }: Awaited<ReturnType<typeof make>>,
): Promise<void> {
  for (const image of images) await service.send(`/images/${image}/restore?user_id=${OWNER}`, { method: 'POST' });
  for (const album of albums) {
    const { images: count } = await read<{ images: number }>(service, `/albums/${album}?user_id=${OWNER}`);
    const idsBy = async (order: string): Promise<readonly string[]> => {
      const path = `/images?user_id=${OWNER}&album=${album}&order=${order}&limit=100&fields=tags`;
      const { images: listed } = await read<Listed>(service, path);
      return listed.map(({ image_id }) => image_id).toSorted();
    };
    const listed = await idsBy('newest');
    for (const order of ['oldest', 'taken-newest', 'added', 'manual'])
      assert.deepEqual(await idsBy(order), listed, order);
    assert.equal(count, listed.length);
    const body = JSON.stringify({ add: images });
    const path = `/albums/${album}/images?user_id=${OWNER}`;
    const answer = await service.send(path, { method: 'POST', headers: JSON_BODY, body });
    const { results } = JSON.parse(answer?.text ?? '') as Results;
    const inAlbum = results.filter(({ status }) => status === 'unchanged').map(({ image_id }) => image_id);
    assert.deepEqual(inAlbum.toSorted(), listed);
  }
}

async function killRepeatedly(environment: Readonly<Record<string, string>>): Promise<void> {
  const random = createRandom(SEED);
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
  let service = await startMortal(folder.path, environment);
  try {
    const made = await make(service);
    for (let round = 1; round <= ROUNDS; round += 1) {
      const work = Promise.all(Array.from({ length: CLIENTS }, () => createClient(random, made)(service)));
      await Promise.race([service.answered(CLIENTS + random.below(200)), work]);
      await service.kill();
      await work;
      service = await startMortal(folder.path, environment);
      await requireExact(service, made);
    }
  } catch (cause) {
    throw new Error(`with SEED=${SEED}, where the service said: ${service.output()}`, { cause });
  } finally {
    await service.kill();
  }
}

describe('kill -9 while fifty clients change albums, and trash and restore their images: albums are exact', () => {
  it('on SQLite', () => killRepeatedly({ RATE_LIMITS: 'off' }));

  it('on DynamoDB', { skip: NO_DYNOXIDE }, async () => {
    await using table = await createProvisionedTable();
    await killRepeatedly({ RATE_LIMITS: 'off', ...environmentOf(table) });
  });
});

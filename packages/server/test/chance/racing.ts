import assert from 'node:assert/strict';
import { relative } from 'node:path';
import { type Image, isPublished } from '../../src/domain/image/image.ts';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import { hearingPostponed } from '../../src/observe/observer/hearing.fixture.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import { movingClock } from '../services/moving-clock.ts';
import { requireRest, sweepAll } from '../services/record-check.ts';
import { json, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import { createPictures, type GrantJson, objectRequest, type Picture } from '../uploads/upload-requests.ts';
import { createTogether, type Together, type Told, told } from './racers.ts';
import { createRandom, type Random } from './random.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Longer than a URL lasts, and its upload after it. */
export const PAST_EXPIRY_MS = 30 * MINUTE_MS;

/** A service, and concurrent actions on it. */
export interface Race extends AsyncDisposable {
  readonly service: TestService;
  readonly clock: ReturnType<typeof movingClock>;
  readonly random: Random;
  readonly picture: (type?: string) => Promise<Picture>;
  readonly together: Together;
  ask(method: string, path: string, fields?: object, headers?: Record<string, string>): Promise<Told>;
  grant(fields?: object, headers?: Record<string, string>): Promise<GrantJson & { image_id: Image['id'] }>;
  put(grant: GrantJson, bytes: Uint8Array<ArrayBuffer>): Promise<Told>;
  /** Sends the bytes in a slow body. */
  putSlowly(grant: GrantJson, bytes: Uint8Array<ArrayBuffer>): Promise<Told>;
  /** The leftovers of a PUT whose process died before it examined the bytes. */
  leave(id: Image['id'], bytes: Uint8Array): Promise<void>;
  sweep(holder: string): Promise<void>;
  record(id: Image['id']): Promise<Image>;
  /** Asserts that a ready or trashed record has exactly its bytes stored, and any other record none. */
  requireStored(id: Image['id']): Promise<Image>;
  /** Asserts that after every deadline a sweep leaves nothing over. */
  requireRest(): Promise<void>;
}

export async function createRace(seed: number): Promise<Race> {
  const clock = movingClock();
  const random = createRandom(seed);
  const service = await createSharingService({ overrides: { clock } });
  const { images, objects, staging } = service.services;

  async function* slowly(bytes: Uint8Array<ArrayBuffer>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const parts = 4;
    const size = Math.ceil(bytes.length / parts);
    for (let start = 0; start < bytes.length; start += size) {
      yield bytes.subarray(start, start + size);
      for (let turns = random.below(100); turns > 0; turns -= 1) await new Promise(setImmediate);
    }
  }

  const record = async (id: Image['id']): Promise<Image> => {
    const image = await images.get(id);
    if (!image) throw new Error(`expected a record of ${id}; there is none`);
    return image;
  };

  const race: Race = {
    service,
    clock,
    random,
    picture: createPictures(random),
    together: createTogether(random),
    ask: (method, path, fields, headers = {}) =>
      told(service.request(path, fields ? { ...json(fields, headers), method } : { method, headers })),
    async grant(fields = {}, headers = {}) {
      const answer = await race.ask(
        'POST',
        '/images/upload',
        { user_id: 'u', content_type: 'image/png', ...fields },
        headers,
      );
      assert.equal(answer.status, 200, answer.text);
      return JSON.parse(answer.text);
    },
    put: (grant, bytes) => told(service.send(grant.upload_url ?? '', objectRequest(grant, bytes))),
    putSlowly(grant, bytes) {
      const headers = { ...grant.headers, 'Content-Length': String(bytes.length) };
      const body = ReadableStream.from(slowly(bytes));
      return told(service.send(grant.upload_url ?? '', { method: 'PUT', headers, body, duplex: 'half' }));
    },
    async leave(id, bytes) {
      await using file = await staging.stage(chunksOf(bytes), { maxBytes: bytes.length });
      await objects.put(incomingKey((await record(id)).userId, id), file, { contentType: 'image/png' });
    },
    async sweep(holder) {
      const options = { holder, signal: new AbortController().signal };
      await sweep(
        hearingPostponed(service.services, (error) => assert.fail(String(error))),
        options,
      );
    },
    record,
    async requireStored(id) {
      const image = await record(id);
      const files = (await service.storedFiles()).map((path) => relative(`${service.folder}/objects`, path));
      const expected = isPublished(image) ? [image.objectKey] : [];
      assert.deepEqual(
        files.filter((path) => path.includes(id)),
        expected,
        `the objects of ${id}, which is ${image.status}`,
      );
      return image;
    },
    async requireRest() {
      clock.offsetMs += 10 * DAY_MS;
      await sweepAll(service);
      await requireRest(service);
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
  await startDecoding(race);
  return race;
}

/** So that no race waits for a decoder to start, which takes longer than everything else. */
async function startDecoding({ grant, put, picture }: Race): Promise<void> {
  await Promise.all([1, 2].map(async () => put(await grant(), (await picture('image/png')).bytes)));
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

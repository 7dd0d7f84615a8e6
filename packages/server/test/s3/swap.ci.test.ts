import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { type S3ForTests, s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import type { Imaging } from '../../src/imaging/imaging.ts';
import type { Held } from '../faults/faulty-proxy.ts';
import { sha256Of } from '../services/record-check.ts';
import { createS3Service, type Grant, type S3Service } from '../services/s3-service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';
import { requireRest } from './agreement.ts';

const MAX_UPLOAD_BYTES = 20_000;

const picture = async (width: number, seed: number) =>
  new Uint8Array(await testImage({ type: 'image/jpeg', width, height: width, seed }));
const first = await picture(64, 1);
const large = await picture(512, 2);

/** The replacement, and the image's state if it is examined instead. */
const OTHERS = {
  'another image': { body: await picture(72, 3), verdict: 'ready' },
  'no image': { body: new Uint8Array(Buffer.from('<html>no image</html>')), verdict: 'unsupported-type' },
  'an image that is too large': { body: large, verdict: 'upload-too-large' },
} as const;

/** A moment in a finalize, and whose bytes it then examines. */
interface Moment {
  readonly name: string;
  readonly looksAt: 'first' | 'other';
  /** Stops the next finalize at that moment. */
  hold(service: S3Service, decoder: Decoder): Held;
}

interface Decoder {
  readonly before: Gate;
  readonly after: Gate;
  wrap(imaging: Imaging): Imaging;
}

interface Gate {
  hold(): Held;
  pass(): Promise<void>;
}

function createGate(): Gate {
  let waiting: { readonly reached: () => void; readonly released: Promise<void> } | undefined;
  return {
    hold() {
      const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      waiting = { reached: reached.resolve, released: released.promise };
      return { reached: reached.promise, release: released.resolve };
    },
    async pass() {
      waiting?.reached();
      await waiting?.released;
    },
  };
}

function createDecoder(): Decoder {
  const [before, after] = [createGate(), createGate()];
  return {
    before,
    after,
    wrap: (imaging) => ({
      ...imaging,
      async inspect(source, ...rest) {
        assert.ok(typeof source !== 'string');
        const fetch = async (signal: AbortSignal) => {
          const file = await source.fetch(signal);
          await before.pass();
          return file;
        };
        const inspection = await imaging.inspect({ ...source, fetch }, ...rest);
        await after.pass();
        return inspection;
      },
    }),
  };
}

const MOMENTS: readonly Moment[] = [
  { name: 'before HEAD', looksAt: 'other', hold: ({ proxy }) => proxy.hold('HEAD incoming', 'before') },
  { name: 'after HEAD', looksAt: 'other', hold: ({ proxy }) => proxy.hold('HEAD incoming', 'after') },
  { name: 'before the copy', looksAt: 'other', hold: ({ proxy }) => proxy.hold('COPY images', 'before') },
  { name: 'after the copy', looksAt: 'first', hold: ({ proxy }) => proxy.hold('COPY images', 'after') },
  { name: 'before GET', looksAt: 'first', hold: ({ proxy }) => proxy.hold('GET images', 'before') },
  { name: 'after GET', looksAt: 'first', hold: ({ proxy }) => proxy.hold('GET images', 'after') },
  { name: 'before the decoder', looksAt: 'first', hold: (_service, { before }) => before.hold() },
  { name: 'before publishing', looksAt: 'first', hold: (_service, { after }) => after.hold() },
  { name: 'before the delete', looksAt: 'first', hold: ({ proxy }) => proxy.hold('DELETE incoming', 'before') },
  { name: 'after the delete', looksAt: 'first', hold: ({ proxy }) => proxy.hold('DELETE incoming', 'after') },
];

async function put(service: S3Service, { upload_url, headers }: Grant, body: Uint8Array<ArrayBuffer>): Promise<void> {
  const response = await service.send(upload_url, { method: 'PUT', headers, body });
  assert.equal(response.status, 200, await response.text());
}

/** Asserts that exactly these bytes are recorded and served; without any, that none are. */
async function requireServed(service: S3Service, id: string, bytes: Uint8Array | undefined): Promise<void> {
  const image = await service.record(id);
  const response = await service.request(`/images/${id}`);
  const served = await response.bytes();
  if (!bytes) {
    assert.deepEqual([image?.status, response.status], ['rejected', 409]);
    return;
  }
  assert.equal(image?.status === 'ready' && image.sha256, sha256Of(bytes));
  assert.equal(sha256Of(served), sha256Of(bytes), 'expected the recorded bytes');
}

describe('bytes that are swapped during their examination', { skip: NO_CEPH, concurrency: 6 }, () => {
  let server: S3ForTests;
  before(async () => {
    server = await s3ForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  after(() => sharedImaging[Symbol.asyncDispose]());

  for (const { name, looksAt, hold } of MOMENTS) {
    for (const [what, { body, verdict }] of Object.entries(OTHERS)) {
      it(`${name} for ${what}: the served bytes are the verified ones`, async () => {
        const decoder = createDecoder();
        const environment = { MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES) };
        await using service = await createS3Service(server.s3, { environment, wrapImaging: decoder.wrap });
        const complete = async () => {
          const response = await service.request(`/images/${grant.image_id}/complete`, { method: 'POST' });
          return ((await response.json()) as { status: string; code?: string }).code ?? 'ready';
        };
        const grant = await service.grant();
        await put(service, grant, first);
        const held = hold(service, decoder);
        const completing = complete();
        await held.reached;
        await put(service, grant, body);
        held.release();

        const expected = looksAt === 'first' ? 'ready' : verdict;
        const served = looksAt === 'first' ? first : verdict === 'ready' ? body : undefined;
        assert.equal(await completing, expected);
        await requireServed(service, grant.image_id, served);
        await put(service, grant, body); // its URL accepts more, which is never examined
        assert.equal(await complete(), expected);
        await requireServed(service, grant.image_id, served);
        await requireRest(service);
        await requireServed(service, grant.image_id, served);
      });
    }
  }
});

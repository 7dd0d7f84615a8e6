import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { BUCKET, CREDENTIALS, createDiskHarness, type DiskHarness, REGION } from '../disk/disk-harness.fixture.ts';
import { type MultipartUpload, partLength } from '../multipart.ts';
import type { PresignedRequest } from '../presigner.ts';
import { getBytes, incoming, original, outcomeOf, send, sha256 } from '../sample-objects.fixture.ts';
import { createSigner } from '../signing/sigv4.ts';
import { createDiskEndpoint } from './disk-endpoint.ts';

const SIZES = { sizeBytes: 250_000, partBytes: 100_000 };
const NUMBERS = [1, 2, 3];

interface Setup extends DiskHarness {
  readonly upload: MultipartUpload;
  readonly bytes: Buffer<ArrayBuffer>;
  part(number: number): Buffer<ArrayBuffer>;
  presign(number: number, more?: { sizeBytes?: number; sha256?: string; uploadId?: string }): Promise<PresignedRequest>;
  put(number: number): Promise<Response>;
}

async function setUp({ checksums = false } = {}): Promise<Setup> {
  const harness = await createDiskHarness();
  const { presigner, publicOrigin, store } = harness;
  const key = incoming();
  const uploadId = await store.multipart.begin(key, { ...SIZES, checksums, contentType: 'image/png' });
  const bytes = randomBytes(SIZES.sizeBytes);
  const part = (number: number) => bytes.subarray((number - 1) * SIZES.partBytes, number * SIZES.partBytes);
  const presign: Setup['presign'] = (number, more) =>
    presigner.presignPart(key, {
      ...{ publicOrigin, uploadId, number, expiresInSeconds: 60 },
      sizeBytes: partLength(SIZES, number),
      ...(checksums && { sha256: sha256(part(number)) }),
      ...more,
    });
  const put = async (number: number) => send(await presign(number), part(number));
  return { ...harness, upload: { ...SIZES, key, uploadId, checksums }, bytes, part, presign, put };
}

/** Any PUT that our key can sign, including ones that the store never signs. */
const sign = (
  { publicOrigin }: DiskHarness,
  { key = incoming() as string, query = {}, headers = {} }: { key?: string; query?: object; headers?: object },
): string =>
  createSigner({ credentials: CREDENTIALS, region: REGION }).presign({
    method: 'PUT',
    origin: publicOrigin,
    path: `/objects/${BUCKET}/${key}`,
    headers: { ...headers },
    query: { ...query },
    expiresInSeconds: 60,
    now: new Date(),
  });

/** Sends the first bytes of a part, and leaves the connection open. */
async function hang({ url, headers }: PresignedRequest, first: Uint8Array): Promise<ClientRequest> {
  const sending = httpRequest(url, { method: 'PUT', headers });
  sending.on('error', () => undefined);
  sending.flushHeaders();
  if (first.length > 0) sending.write(first);
  return sending;
}

async function until(isTrue: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isTrue())) await delay(5);
}

describe('a presigned PUT of a part', () => {
  it('is answered with an ETag, and all of them make the object', async () => {
    await using store = await setUp();
    const { multipart } = store.store;
    for (const number of [3, 1]) {
      const answer = await store.put(number);
      assert.equal(answer.status, 200);
      assert.match(answer.headers.get('etag') ?? '', /^"[0-9a-f]{32}"$/);
      assert.equal(answer.headers.get('content-security-policy'), "sandbox; default-src 'none'");
    }
    assert.deepEqual(await multipart.received(store.upload), [1, 3]);
    assert.equal(await multipart.complete(store.upload), 'incomplete');
    assert.equal(await store.store.head(incoming()), undefined);
    assert.equal((await store.put(2)).status, 200);
    assert.equal(await multipart.complete(store.upload), 'completed');
    assert.deepEqual(await getBytes(store.store, incoming()), store.bytes);
    assert.equal(await outcomeOf(await store.put(2)), '404 NoSuchUpload');
    assert.deepEqual(store.stored, []);
    assert.deepEqual(await store.staged(), []);
  });

  it('with a checksum is compared with its bytes', async () => {
    await using store = await setUp({ checksums: true });
    assert.equal((await store.put(1)).status, 200);
    assert.equal(await outcomeOf(await send(await store.presign(2), store.part(1))), '400 BadDigest');
    assert.deepEqual(await store.store.multipart.received(store.upload), [1]);
    assert.equal((await store.put(2)).status, 200);
    assert.equal(await outcomeOf(await send(await store.presign(2), store.part(1))), '400 BadDigest');
    assert.deepEqual(await store.store.multipart.received(store.upload), [1], 'other bytes were written over the part');
  });

  it('without the checksum that its upload requires is refused', async () => {
    await using store = await setUp({ checksums: true });
    const { presigner, publicOrigin, upload } = store;
    const { url, headers } = await presigner.presignPart(upload.key, {
      ...{ publicOrigin, uploadId: upload.uploadId, number: 1, sizeBytes: 100_000, expiresInSeconds: 60 },
    });
    const answer = await fetch(url, { method: 'PUT', headers, body: store.part(1) });
    assert.equal(await outcomeOf(answer), '400 InvalidRequest');
    assert.deepEqual(await store.store.multipart.received(upload), []);
  });

  const RULES: readonly (readonly [what: string, query: object, bytes: number, outcome: string])[] = [
    ['without an upload', { partNumber: '1', uploadId: undefined }, 100_000, '400 InvalidArgument'],
    ['without a number', { partNumber: undefined }, 100_000, '400 InvalidArgument'],
    ['of an unknown upload', { uploadId: `000000000000-${'0'.repeat(32)}` }, 100_000, '404 NoSuchUpload'],
    ['of an impossible upload', { uploadId: '../../tmp' }, 100_000, '404 NoSuchUpload'],
    ['of a part 0', { partNumber: '0' }, 100_000, '400 InvalidArgument'],
    ['of a part after the last', { partNumber: '4' }, 100_000, '400 InvalidArgument'],
    ['of a part 1.0', { partNumber: '1.0' }, 100_000, '400 InvalidArgument'],
    ['of a part 01', { partNumber: '01' }, 100_000, '400 InvalidArgument'],
    ['of a part 1e0', { partNumber: '1e0' }, 100_000, '400 InvalidArgument'],
    ['shorter than the part', {}, 99_999, '400 EntityTooSmall'],
    ['longer than the part', {}, 100_001, '400 EntityTooLarge'],
    ['longer than the last part', { partNumber: '3' }, 50_001, '400 EntityTooLarge'],
    ['as long as the last part', { partNumber: '3' }, 50_000, '200'],
  ];
  for (const [what, changed, bytes, outcome] of RULES)
    it(`${what} is answered ${outcome}`, async () => {
      await using store = await setUp();
      const { uploadId } = store.upload;
      const query = Object.entries({ partNumber: '1', uploadId, ...changed }).filter(
        ([, value]) => value !== undefined,
      );
      const url = sign(store, { query: Object.fromEntries(query) });
      assert.equal(await outcomeOf(await fetch(url, { method: 'PUT', body: randomBytes(bytes) })), outcome);
      assert.equal(await store.store.head(incoming()), undefined);
    });

  it('of another key than the upload’s, or of a verified object, is refused', async () => {
    await using store = await setUp();
    const query = { partNumber: '1', uploadId: store.upload.uploadId };
    for (const [key, outcome] of [
      [incoming(2), '404 NoSuchUpload'],
      [original(), '403 AccessDenied'],
      [`parts/${incoming()}`, '403 AccessDenied'],
    ] as const) {
      const url = sign(store, { key, query });
      assert.equal(await outcomeOf(await fetch(url, { method: 'PUT', body: store.part(1) })), outcome);
    }
  });

  it('with a condition is refused', async () => {
    await using store = await setUp();
    const { url } = await store.presign(1);
    const answer = await fetch(url, { method: 'PUT', headers: { 'if-none-match': '*' }, body: store.part(1) });
    assert.equal(await outcomeOf(answer), '400 NotImplemented');
  });

  it('of another length than the signed one is told the signed one', async () => {
    await using store = await setUp();
    const { url } = await store.presign(1);
    const answer = await fetch(url, { method: 'PUT', body: Buffer.alloc(7) });
    assert.match(await answer.text(), /expected content-length 100000, as signed; got 7/);
  });

  it('that is cut leaves the part missing, also if it was there', async () => {
    await using store = await setUp();
    const received = () => store.store.multipart.received(store.upload);
    assert.equal((await store.put(1)).status, 200);
    for (const number of [1, 2]) {
      const sending = await hang(await store.presign(number), store.part(number).subarray(0, 60_000));
      await until(async () => store.countOpenFiles() === 2 && (await received())?.length === 0);
      sending.destroy();
      await until(() => store.countOpenFiles() === 0);
      assert.deepEqual(await received(), []);
    }
  });

  it('takes over from an earlier one that hangs', async () => {
    await using store = await setUp();
    const sending = await hang(await store.presign(1), randomBytes(60_000));
    const answered = once(sending, 'response') as Promise<IncomingMessage[]>;
    await until(() => store.countOpenFiles() === 2);
    assert.equal((await store.put(1)).status, 200);
    const [answer] = await answered;
    assert.equal(answer?.statusCode, 409);
    assert.match(await text(answer), /<Code>OperationAborted</);
    for (const number of NUMBERS) assert.equal((await store.put(number)).status, 200);
    assert.equal(await store.store.multipart.complete(store.upload), 'completed');
    assert.deepEqual(await getBytes(store.store, incoming()), store.bytes);
    sending.destroy();
  });

  it('that hangs doesn’t prevent completion, the end of the upload, or an erasure', async () => {
    for (const end of ['complete', 'abort', 'erase'] as const) {
      await using store = await setUp();
      const { multipart } = store.store;
      for (const number of NUMBERS) await store.put(number);
      const sending = await hang(await store.presign(2), Buffer.alloc(0));
      const answered = once(sending, 'response') as Promise<IncomingMessage[]>;
      await until(() => store.countOpenFiles() === 2);
      if (end === 'complete') assert.equal(await multipart.complete(store.upload), 'completed');
      else await (end === 'abort' ? multipart.abort(store.upload) : store.store.erase('incoming/'));
      assert.equal(store.countOpenFiles(), 0);
      assert.equal((await answered)[0]?.statusCode, 409);
      sending.destroy();
      assert.equal(await multipart.received(store.upload), undefined);
      const bytes = end === 'complete' ? store.bytes : undefined;
      assert.deepEqual(await getBytes(store.store, incoming()), bytes);
      await until(async () => !(await readdir(store.root)).includes('parts'));
    }
  });

  it('is refused while its part is being written again if the upload is asked to complete', async () => {
    await using store = await setUp();
    for (const number of NUMBERS) await store.put(number);
    const sending = await hang(await store.presign(2), randomBytes(60_000));
    await until(async () => (await store.store.multipart.received(store.upload))?.length === 2);
    assert.equal(await store.store.multipart.complete(store.upload), 'incomplete');
    assert.equal(store.countOpenFiles(), 2, 'the writer goes on');
    sending.destroy();
    await until(() => store.countOpenFiles() === 0);
  });

  it('of a user whose data was deleted is refused', async () => {
    await using store = await setUp();
    const endpoint = createDiskEndpoint({ ...store, maxUploadBytes: 1_000_000, observe: () => undefined });
    const { url, headers } = await store.presign(1);
    const answer = await endpoint(
      {
        method: 'PUT',
        target: url.slice(store.publicOrigin.length),
        origin: store.publicOrigin,
        headers: new Headers(headers),
        body: null,
        requestId: 'request-1',
      },
      { afterStore: () => assert.fail(), mayServe: () => assert.fail(), mayTake: async () => false },
    );
    assert.deepEqual([answer.status, answer.code], [403, 'AccessDenied']);
  });

  it('never changes the object, however it races with completion', async () => {
    for (let round = 0; round < 20; round += 1) {
      await using store = await setUp();
      const { multipart } = store.store;
      for (const number of NUMBERS) await store.put(number);
      const { url, headers } = await store.presign(2);
      const other = randomBytes(100_000);
      const putting = Array.from({ length: 6 }, async (_, index) => {
        await delay(index);
        return fetch(url, { method: 'PUT', headers, body: other }).then((answer) => answer.status);
      });
      await delay(round % 7);
      const outcome = await multipart.complete(store.upload);
      const bytes = await getBytes(store.store, incoming());
      assert.equal(outcome === 'completed', bytes !== undefined);
      const statuses = await Promise.all(putting);
      for (const status of statuses) assert.ok([200, 404, 409].includes(status), String(status));
      assert.deepEqual(await getBytes(store.store, incoming()), bytes);
      if (bytes) {
        assert.ok(bytes.equals(store.bytes) || bytes.subarray(100_000, 200_000).equals(other));
      } else assert.equal(await multipart.complete(store.upload), 'completed');
    }
  });
});

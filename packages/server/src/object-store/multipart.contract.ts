import assert from 'node:assert/strict';
import { type ClientRequest, type IncomingMessage, request as requestOf } from 'node:http';
import { describe, it } from 'node:test';
import { repeatsOf } from '../../test/repeats.ts';
import { AppError } from '../domain/errors.ts';
import { incomingKey } from '../domain/image/object-key.ts';
import { type MultipartUpload, type MultipartUploads, partCount, partLength } from './multipart.ts';
import type { Lacking } from './object-store.contract.ts';
import type { ObjectStore } from './object-store.ts';
import type { PresignerHarness } from './presigner.contract.ts';
import type { PresignedRequest } from './presigner.ts';
import { collect, getBytes, id, image, incoming, outcomeOf, send, sha256, somePng } from './sample-objects.fixture.ts';

/** A store whose presigned parts are accepted over HTTP. */
export interface MultipartHarness extends PresignerHarness {
  /** Accepts objects of at least four parts of the least length. */
  readonly multipart: MultipartUploads;
}

/** Bytes of two parts and a shorter third one. */
const someParts = ({ multipart: { minPartBytes } }: MultipartHarness) => somePng(2 * minPartBytes + 1_000);

async function begin(
  { multipart }: MultipartHarness,
  { length: sizeBytes }: Uint8Array,
  { key = incoming(), checksums = false } = {},
): Promise<MultipartUpload> {
  const sizes = { sizeBytes, partBytes: multipart.minPartBytes };
  const uploadId = await multipart.begin(key, { ...image, ...sizes, checksums });
  return { key, uploadId, checksums, ...sizes };
}

const partOf = (bytes: Buffer<ArrayBuffer>, upload: MultipartUpload, number: number): Buffer<ArrayBuffer> => {
  const start = (number - 1) * upload.partBytes;
  return bytes.subarray(start, start + partLength(upload, number));
};

const presign = (
  { presigner, publicOrigin }: MultipartHarness,
  { key, uploadId, checksums }: MultipartUpload,
  { number, part }: { readonly number: number; readonly part: Uint8Array },
): Promise<PresignedRequest> =>
  presigner.presignPart(key, {
    publicOrigin,
    expiresInSeconds: 300,
    uploadId,
    number,
    sizeBytes: part.length,
    sha256: checksums ? sha256(part) : undefined,
  });

/** Sends parts of the bytes, in this order; all of them if none is named. */
async function sendParts(
  harness: MultipartHarness,
  upload: MultipartUpload,
  bytes: Buffer<ArrayBuffer>,
  numbers: readonly number[] = Array.from({ length: partCount(upload) }, (_, index) => index + 1),
): Promise<void> {
  for (const number of numbers) {
    const part = partOf(bytes, upload, number);
    const response = await send(await presign(harness, upload, { number, part }), part);
    assert(response.headers.get('etag'), 'pages need the entity tag');
    assert.equal(await outcomeOf(response), '200');
  }
}

const receivedOf = async ({ multipart }: MultipartHarness, upload: MultipartUpload) =>
  (await multipart.received(upload))?.toSorted((one, other) => one - other);

const unfinished = async ({ multipart }: MultipartHarness, prefix = 'incoming/'): Promise<string[]> =>
  (await collect(multipart.list(prefix))).map(({ uploadId }) => uploadId).toSorted();

/** Sends half of a part; `finish` sends the rest, and returns the status of the answer or 'cut'. */
async function sendHalf({ url, method, headers }: PresignedRequest, part: Uint8Array) {
  const sent: ClientRequest = requestOf(url, { method, headers: { ...headers, Expect: '100-continue' } });
  const outcome = new Promise<number | 'cut'>((resolve) => {
    sent.on('response', (response: IncomingMessage) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', () => resolve('cut'));
  });
  sent.flushHeaders();
  await new Promise((resolve) => sent.once('continue', resolve));
  const half = Math.floor(part.length / 2);
  await new Promise((resolve) => sent.write(part.subarray(0, half), resolve));
  return {
    finish(): Promise<number | 'cut'> {
      sent.end(part.subarray(half));
      return outcome;
    },
    cut(): void {
      sent.destroy();
    },
  };
}

/** Compares hashes: the difference between two large buffers takes minutes to print. */
async function assertBytes(store: ObjectStore, bytes: Uint8Array | undefined): Promise<void> {
  const stored = await getBytes(store, incoming());
  assert.deepEqual(stored && [stored.length, sha256(stored)], bytes && [bytes.length, sha256(bytes)]);
}

/** Run beside `describePresigner`: a part's URL is signed as that of a PUT. */
export function describeMultipart(
  name: string,
  create: () => Promise<MultipartHarness>,
  { lacks }: Lacking = { lacks: [] },
): void {
  describe(`${name} with an object in parts`, () => {
    it('makes an object of parts that arrive in any order', async () => {
      await using harness = await create();
      const { store, multipart } = harness;
      const bytes = someParts(harness);
      const upload = await begin(harness, bytes);
      assert.deepEqual(await receivedOf(harness, upload), []);
      await sendParts(harness, upload, bytes, [3]);
      assert.deepEqual(await receivedOf(harness, upload), [3]);
      await sendParts(harness, upload, bytes, [1, 2]);
      assert.deepEqual(await receivedOf(harness, upload), [1, 2, 3]);
      assert.deepEqual(await collect(store.list('incoming/')), []);
      assert.equal(await multipart.complete(upload), 'completed');
      await assertBytes(store, bytes);
      assert.equal((await store.head(incoming()))?.contentType, image.contentType);
      assert.deepEqual(
        (await collect(store.list('incoming/'))).map(({ key }) => key),
        [incoming()],
      );
      assert.deepEqual(await unfinished(harness), []);
    });

    for (const [what, sizeOf] of [
      ['one short part', () => 1_000],
      ['one whole part', (partBytes: number) => partBytes],
      ['two whole parts', (partBytes: number) => 2 * partBytes],
      ['a last part of one byte', (partBytes: number) => partBytes + 1],
    ] as const)
      it(`makes an object of ${what}`, async () => {
        await using harness = await create();
        const bytes = somePng(sizeOf(harness.multipart.minPartBytes));
        const upload = await begin(harness, bytes);
        await sendParts(harness, upload, bytes);
        assert.equal(await harness.multipart.complete(upload), 'completed');
        await assertBytes(harness.store, bytes);
      });

    it('accepts parts sent at the same time', async () => {
      await using harness = await create();
      const bytes = somePng(4 * harness.multipart.minPartBytes);
      const upload = await begin(harness, bytes);
      await Promise.all([1, 2, 3, 4].map((number) => sendParts(harness, upload, bytes, [number])));
      assert.equal(await harness.multipart.complete(upload), 'completed');
      await assertBytes(harness.store, bytes);
    });

    it('keeps the last of the bodies sent for a part', async () => {
      await using harness = await create();
      const bytes = someParts(harness);
      const upload = await begin(harness, bytes);
      await sendParts(harness, upload, somePng(bytes.length));
      await sendParts(harness, upload, bytes, [2, 1, 3]);
      assert.deepEqual(await receivedOf(harness, upload), [1, 2, 3]);
      assert.equal(await harness.multipart.complete(upload), 'completed');
      await assertBytes(harness.store, bytes);
    });

    it('replaces another object', async () => {
      await using harness = await create();
      const { store, presigner, publicOrigin } = harness;
      const bytes = someParts(harness);
      const put = await presigner.presignPut(incoming(), { publicOrigin, ...image, expiresInSeconds: 300 });
      assert.equal(await outcomeOf(await send(put, somePng())), '200');
      const upload = await begin(harness, bytes);
      await sendParts(harness, upload, bytes);
      assert.equal(await harness.multipart.complete(upload), 'completed');
      await assertBytes(store, bytes);
    });

    it('keeps the uploads of one key apart', async () => {
      await using harness = await create();
      const [bytes, other] = [someParts(harness), someParts(harness)];
      const upload = await begin(harness, bytes);
      const second = await begin(harness, other);
      assert.notEqual(upload.uploadId, second.uploadId);
      await sendParts(harness, upload, bytes);
      assert.deepEqual(await receivedOf(harness, second), []);
      assert.equal(await harness.multipart.complete(second), 'incomplete');
      await sendParts(harness, second, other);
      assert.equal(await harness.multipart.complete(upload), 'completed');
      await assertBytes(harness.store, bytes);
      assert.equal(await harness.multipart.complete(second), 'completed');
      await assertBytes(harness.store, other);
    });
  });

  describe(`${name} with a presigned part`, () => {
    for (const difference of [-1, 1])
      it(`refuses a body that is ${difference > 0 ? 'a byte longer' : 'a byte shorter'}`, async () => {
        await using harness = await create();
        const bytes = someParts(harness);
        const upload = await begin(harness, bytes);
        const request = await presign(harness, upload, { number: 3, part: partOf(bytes, upload, 3) });
        assert.deepEqual(request.headers, { 'Content-Length': '1000' });
        const sent = { ...request, headers: {} };
        assert.equal(await outcomeOf(await send(sent, somePng(1_000 + difference))), '403 SignatureDoesNotMatch');
        assert.deepEqual(await receivedOf(harness, upload), []);
      });

    const changes: readonly (readonly [string, (url: string, other: MultipartUpload) => string])[] = [
      ['for another part', (url) => url.replace('partNumber=1', 'partNumber=2')],
      [
        'for another upload',
        (url, { uploadId }) => url.replace(/uploadId=[^&]+/, `uploadId=${encodeURIComponent(uploadId)}`),
      ],
      ['for another key', (url) => url.replace(id(1), id(2))],
      ['of a part for an object', (url) => url.replace(/(&partNumber=1|&uploadId=[^&]+)/g, '')],
    ];
    for (const [how, change] of changes)
      it(`refuses a URL that was changed to be one ${how}`, async () => {
        await using harness = await create();
        const bytes = someParts(harness);
        const upload = await begin(harness, bytes);
        const other = await begin(harness, bytes);
        const part = partOf(bytes, upload, 1);
        const request = await presign(harness, upload, { number: 1, part });
        const url = change(request.url, other);
        assert.notEqual(url, request.url);
        assert.match(
          await outcomeOf(await send({ ...request, url }, part)),
          /^403 (SignatureDoesNotMatch|AccessDenied)$/,
        );
        for (const one of [upload, other]) assert.deepEqual(await receivedOf(harness, one), []);
        assert.deepEqual(await collect(harness.store.list('incoming/')), []);
      });

    it('refuses an expired URL', async () => {
      await using harness = await create();
      const bytes = someParts(harness);
      const upload = await begin(harness, bytes);
      harness.signingClock.offsetSeconds = -310;
      const part = partOf(bytes, upload, 3);
      const expired = await presign(harness, upload, { number: 3, part });
      assert.match(await outcomeOf(await send(expired, part)), /^403 /);
      assert.deepEqual(await receivedOf(harness, upload), []);
    });

    it('counts no part whose length is wrong, though it was presigned', async () => {
      await using harness = await create();
      const bytes = someParts(harness);
      const upload = await begin(harness, bytes);
      await sendParts(harness, upload, bytes, [1, 2]);
      const part = somePng(999);
      await send(await presign(harness, upload, { number: 3, part }), part);
      assert.deepEqual(await receivedOf(harness, upload), [1, 2]);
      assert.equal(await harness.multipart.complete(upload), 'incomplete');
      await sendParts(harness, upload, bytes, [3]);
      assert.equal(await harness.multipart.complete(upload), 'completed');
      await assertBytes(harness.store, bytes);
    });

    it('counts no part whose connection breaks, and accepts it again', async () => {
      await using harness = await create();
      const bytes = someParts(harness);
      const upload = await begin(harness, bytes);
      const part = partOf(bytes, upload, 1);
      const broken = await sendHalf(await presign(harness, upload, { number: 1, part }), somePng(part.length));
      broken.cut();
      assert.deepEqual(await receivedOf(harness, upload), []);
      await sendParts(harness, upload, bytes, [1, 2, 3]);
      assert.equal(await harness.multipart.complete(upload), 'completed');
      await assertBytes(harness.store, bytes);
    });
  });

  const withoutChecksums = lacks.includes('checksums') && 'this store compares no checksums: finalize does';
  describe(`${name} with checksums of parts`, { skip: withoutChecksums }, () => {
    it('makes an object of them', async () => {
      await using harness = await create();
      const bytes = someParts(harness);
      const upload = await begin(harness, bytes, { checksums: true });
      await sendParts(harness, upload, bytes, [2, 3, 1]);
      assert.equal(await harness.multipart.complete(upload), 'completed');
      await assertBytes(harness.store, bytes);
    });

    it('refuses other bytes, and keeps a part that arrived before', async () => {
      await using harness = await create();
      const bytes = someParts(harness);
      const upload = await begin(harness, bytes, { checksums: true });
      const part = partOf(bytes, upload, 3);
      const refused = async () =>
        outcomeOf(await send(await presign(harness, upload, { number: 3, part }), somePng(part.length)));
      assert.match(await refused(), /^400 (BadDigest|XAmzContentChecksumMismatch)$/);
      assert.deepEqual(await receivedOf(harness, upload), []);
      await sendParts(harness, upload, bytes);
      assert.match(await refused(), /^400 (BadDigest|XAmzContentChecksumMismatch)$/);
      // The disk store may have lost the part, and says so.
      const received = await receivedOf(harness, upload);
      assert.deepEqual(received?.slice(0, 2), [1, 2]);
      if (received.length === 2) await sendParts(harness, upload, bytes, [3]);
      assert.equal(await harness.multipart.complete(upload), 'completed');
      await assertBytes(harness.store, bytes);
    });

    for (const [how, header] of [
      ['without the checksum', {}],
      [
        'with a checksum that isn’t the signed one',
        { 'x-amz-checksum-sha256': Buffer.from(sha256(somePng()), 'hex').toString('base64') },
      ],
    ] as const)
      it(`refuses a part ${how}`, async () => {
        await using harness = await create();
        const bytes = someParts(harness);
        const upload = await begin(harness, bytes, { checksums: true });
        const part = partOf(bytes, upload, 3);
        const request = await presign(harness, upload, { number: 3, part });
        const headers = { 'Content-Length': '1000', ...header };
        assert.equal(await outcomeOf(await send({ ...request, headers }, part)), '403 SignatureDoesNotMatch');
        assert.deepEqual(await receivedOf(harness, upload), []);
      });
  });

  describe(`${name} that completes an object in parts`, () => {
    it('makes no object while a part is missing', async () => {
      await using harness = await create();
      const bytes = someParts(harness);
      const upload = await begin(harness, bytes);
      for (const number of [undefined, 1, 3]) {
        if (number !== undefined) await sendParts(harness, upload, bytes, [number]);
        assert.equal(await harness.multipart.complete(upload), 'incomplete');
        assert.equal(await harness.store.head(incoming()), undefined);
      }
      assert.deepEqual(await receivedOf(harness, upload), [1, 3]);
      await sendParts(harness, upload, bytes, [2]);
      assert.equal(await harness.multipart.complete(upload), 'completed');
      await assertBytes(harness.store, bytes);
    });

    it('completes it once', async () => {
      await using harness = await create();
      const bytes = someParts(harness);
      const upload = await begin(harness, bytes);
      await sendParts(harness, upload, bytes);
      assert.equal(await harness.multipart.complete(upload), 'completed');
      assert.equal(await harness.multipart.complete(upload), 'absent');
      assert.equal(await harness.multipart.received(upload), undefined);
      await assertBytes(harness.store, bytes);
    });

    it('makes one whole object if 20 calls complete it at the same time', async () => {
      for (let round = 0; round < repeatsOf('completionRaces').count; round += 1) {
        await using harness = await create();
        const bytes = someParts(harness);
        const upload = await begin(harness, bytes);
        await sendParts(harness, upload, bytes);
        const outcomes = await Promise.all(Array.from({ length: 20 }, () => harness.multipart.complete(upload)));
        assert(outcomes.includes('completed'), outcomes.join());
        assert(!outcomes.includes('incomplete'), outcomes.join());
        await assertBytes(harness.store, bytes);
        assert.equal(await harness.multipart.received(upload), undefined);
        assert.deepEqual(await unfinished(harness), []);
      }
    });

    it('refuses parts afterwards: the object stays', async () => {
      await using harness = await create();
      const bytes = someParts(harness);
      const upload = await begin(harness, bytes);
      const others = somePng(bytes.length);
      const requests = await Promise.all(
        [1, 2, 3].map(async (number) => {
          const part = partOf(others, upload, number);
          return [await presign(harness, upload, { number, part }), part] as const;
        }),
      );
      await sendParts(harness, upload, bytes);
      assert.equal(await harness.multipart.complete(upload), 'completed');
      for (const [request, part] of requests)
        assert.equal(await outcomeOf(await send(request, part)), '404 NoSuchUpload');
      assert.equal(await harness.multipart.complete(upload), 'absent');
      await assertBytes(harness.store, bytes);
    });

    it('makes no object with bytes of a part that is being sent again', async () => {
      await using harness = await create();
      const bytes = someParts(harness);
      const upload = await begin(harness, bytes);
      await sendParts(harness, upload, bytes);
      const other = somePng(upload.partBytes);
      const late = await sendHalf(await presign(harness, upload, { number: 1, part: other }), other);
      if ((await harness.multipart.complete(upload)) === 'incomplete') {
        // The store that writes a part in its place counts it as missing.
        assert.deepEqual(await receivedOf(harness, upload), [2, 3]);
        assert.notEqual(await late.finish(), 200);
        await sendParts(harness, upload, bytes, [1]);
        assert.equal(await harness.multipart.complete(upload), 'completed');
      } else assert.notEqual(await late.finish(), 200);
      await assertBytes(harness.store, bytes);
      assert.deepEqual(await unfinished(harness), []);
    });

    it('knows no upload under another key or id', async () => {
      await using harness = await create();
      const { multipart } = harness;
      const bytes = someParts(harness);
      const upload = await begin(harness, bytes);
      await sendParts(harness, upload, bytes);
      for (const unknown of [
        { ...upload, key: incoming(2) },
        { ...upload, uploadId: `${upload.uploadId.slice(0, -1)}${upload.uploadId.endsWith('0') ? '1' : '0'}` },
      ]) {
        assert.equal(await multipart.received(unknown), undefined);
        assert.equal(await multipart.complete(unknown), 'absent');
        await multipart.abort(unknown);
      }
      assert.deepEqual(await collect(harness.store.list('incoming/')), []);
      assert.equal(await multipart.complete(upload), 'completed');
    });
  });

  describe(`${name} that aborts an object in parts`, () => {
    it('refuses its parts, and makes no object', async () => {
      await using harness = await create();
      const { multipart } = harness;
      const bytes = someParts(harness);
      const upload = await begin(harness, bytes);
      await sendParts(harness, upload, bytes);
      for (let times = 0; times < 2; times += 1) await multipart.abort(upload);
      const part = partOf(bytes, upload, 3);
      assert.equal(
        await outcomeOf(await send(await presign(harness, upload, { number: 3, part }), part)),
        '404 NoSuchUpload',
      );
      assert.equal(await multipart.received(upload), undefined);
      assert.equal(await multipart.complete(upload), 'absent');
      assert.deepEqual(await unfinished(harness), []);
      assert.deepEqual(await collect(harness.store.list('incoming/')), []);
    });

    it('refuses a part that is being sent', async () => {
      await using harness = await create();
      const bytes = someParts(harness);
      const upload = await begin(harness, bytes);
      const part = partOf(bytes, upload, 1);
      const late = await sendHalf(await presign(harness, upload, { number: 1, part }), part);
      await harness.multipart.abort(upload);
      assert.notEqual(await late.finish(), 200);
      assert.equal(await harness.multipart.received(upload), undefined);
      assert.deepEqual(await unfinished(harness), []);
    });

    it('leaves a completed object alone', async () => {
      await using harness = await create();
      const bytes = someParts(harness);
      const upload = await begin(harness, bytes);
      await sendParts(harness, upload, bytes);
      await harness.multipart.complete(upload);
      await harness.multipart.abort(upload);
      await assertBytes(harness.store, bytes);
    });

    it('leaves a whole object or none if a call completes it at the same time', async () => {
      for (let round = 0; round < repeatsOf('completionRaces').count; round += 1) {
        await using harness = await create();
        const bytes = someParts(harness);
        const upload = await begin(harness, bytes);
        await sendParts(harness, upload, bytes);
        const completing = harness.multipart.complete(upload).catch((error: unknown) => {
          assert.equal(error instanceof AppError && error.code, 'unavailable'); // Ceph's answer
        });
        await harness.multipart.abort(upload);
        const outcome = await completing;
        await assertBytes(harness.store, outcome === 'completed' ? bytes : undefined);
        assert.equal(await harness.multipart.received(upload), undefined);
        assert.deepEqual(await unfinished(harness), []);
      }
    });
  });

  describe(`${name} that lists unfinished objects`, () => {
    const ofBob = incomingKey('bob', id(1));
    const folderOf = (key: string) => key.slice(0, key.lastIndexOf('/') + 1);

    it('lists them by prefix', async () => {
      await using harness = await create();
      const { multipart } = harness;
      assert.deepEqual(await unfinished(harness), []);
      const bytes = someParts(harness);
      const ours = [await begin(harness, bytes), await begin(harness, bytes)];
      const other = await begin(harness, bytes, { key: ofBob });
      await sendParts(harness, other, bytes, [3]);
      const ids = (uploads: readonly MultipartUpload[]) => uploads.map(({ uploadId }) => uploadId).toSorted();
      assert.deepEqual(await unfinished(harness), ids([...ours, other]));
      assert.deepEqual(await unfinished(harness, folderOf(incoming())), ids(ours));
      assert.deepEqual(await unfinished(harness, 'incoming/bo/'), []);
      assert.deepEqual(await unfinished(harness, 'images/'), []);
      const [found] = await collect(multipart.list('incoming/bob/'));
      assert.equal(found?.key, ofBob);
      assert(Math.abs(found.begunAt.getTime() - Date.now()) < 60_000, found.begunAt.toISOString());
    });

    it('lists each once, also if it is aborted meanwhile', async () => {
      await using harness = await create();
      const bytes = someParts(harness);
      const begun: string[] = [];
      for (let count = 0; count < 8; count += 1) begun.push((await begin(harness, bytes)).uploadId);
      const listed: string[] = [];
      for await (const upload of harness.multipart.list('incoming/')) {
        listed.push(upload.uploadId);
        await harness.multipart.abort(upload);
      }
      assert.deepEqual(listed.toSorted(), begun.toSorted());
    });

    it('erases them with everything below a prefix', async () => {
      await using harness = await create();
      const { store, multipart } = harness;
      const bytes = someParts(harness);
      const [ours, done] = [await begin(harness, bytes), await begin(harness, bytes, { key: incoming(2) })];
      const other = await begin(harness, bytes, { key: ofBob });
      for (const upload of [ours, done, other]) await sendParts(harness, upload, bytes);
      await multipart.complete(done);
      assert.deepEqual(await store.erase(folderOf(incoming())), { objects: 1, versions: 0, kept: 0 });
      assert.deepEqual(await unfinished(harness), [other.uploadId]);
      assert.equal(await multipart.complete(ours), 'absent');
      assert.deepEqual(await collect(store.list(folderOf(incoming()))), []);
      assert.equal(await multipart.complete(other), 'completed');
    });
  });
}

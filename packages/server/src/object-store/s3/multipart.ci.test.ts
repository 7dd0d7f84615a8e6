import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { NO_CEPH } from '../../../../../test/servers/ceph.ts';
import { startFront } from '../../../../../test/servers/front.ts';
import { s3ForTests } from '../../../../../test/servers/s3-for-tests.ts';
import { describeMultipart } from '../multipart.contract.ts';
import {
  collect,
  exported,
  image,
  incoming,
  original,
  outcomeOf,
  send,
  sha256,
  somePng,
} from '../sample-objects.fixture.ts';
import { S3_PROFILES } from './capabilities.ts';
import {
  createFrontedStore,
  createS3Harness,
  openOptions,
  openStore,
  type S3HarnessOptions,
} from './s3-harness.fixture.ts';
import { type StoreFrontOptions, sendS3Error, sendXml, storeAndCut } from './store-front.fixture.ts';

interface SentOptions extends S3HarnessOptions {
  readonly partBytes?: number;
}

type Answer = NonNullable<StoreFrontOptions['answer']>;

const paramsOf = ({ url = '' }: IncomingMessage) => new URL(url, 'http://store').searchParams;
const isCompletion = (request: IncomingMessage) => request.method === 'POST' && paramsOf(request).has('uploadId');
const isPartList = (request: IncomingMessage) => request.method === 'GET' && paramsOf(request).has('uploadId');

describe('multipart uploads of S3 (Ceph)', { skip: NO_CEPH }, async () => {
  const server = s3ForTests();
  after(async () => (await server)[Symbol.asyncDispose]());

  describeMultipart('S3', async () => createS3Harness((await server).s3), { lacks: S3_PROFILES.ceph });

  /** A store behind a front, and an upload of one part, which has arrived there. */
  async function createSent(answer: Answer, { partBytes = 2_000, ...options }: SentOptions = {}) {
    const fronted = await createFrontedStore((await server).s3, answer, options);
    const bytes = somePng(partBytes);
    const sizes = { sizeBytes: partBytes, partBytes, checksums: false };
    const uploadId = await fronted.direct.multipart.begin(incoming(), { ...image, ...sizes });
    const upload = { key: incoming(), uploadId, ...sizes };
    const sendPart = async (part: Buffer<ArrayBuffer>) => {
      const options = { publicOrigin: '', expiresInSeconds: 300, uploadId, number: 1, sizeBytes: part.length };
      const request = await fronted.direct.presigner.presignPart(incoming(), options);
      assert.equal(await outcomeOf(await send(request, part)), '200');
    };
    await sendPart(bytes);
    const storedSha256 = async () => {
      const object = await fronted.direct.store.get(incoming());
      return object && sha256(Buffer.from(await new Response(object.body).arrayBuffer()));
    };
    return { ...fronted, bytes, upload, sendPart, storedSha256 };
  }

  /** Answers the first completion only. */
  const once = (answer: (incoming: IncomingMessage, outgoing: ServerResponse) => 'answered'): Answer => {
    let isFirst = true;
    return (request, outgoing) => {
      if (!isCompletion(request) || !isFirst) return 'left';
      isFirst = false;
      return answer(request, outgoing);
    };
  };
  const FAILURE = '<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>';

  it('completes again after an error that follows the status 200', async () => {
    await using sent = await createSent(
      once((request, outgoing) => {
        request.resume();
        return sendXml(outgoing, `\n   ${FAILURE}`);
      }),
    );
    assert.equal(await sent.multipart.complete(sent.upload), 'completed');
    assert.equal(await sent.storedSha256(), sha256(sent.bytes));
  });

  for (const [what, body] of [
    ['an error', FAILURE],
    ['an error and a line break', `${FAILURE}\n`],
    ['an empty body', ''],
    ['a body that says nothing', '<CompleteMultipartUploadResult/>'],
  ] as const)
    it(`takes the status 200 with ${what} for a failure`, async () => {
      await using sent = await createSent((request, outgoing) => {
        if (!isCompletion(request)) return 'left';
        request.resume();
        outgoing.writeHead(200, { 'Content-Type': 'application/xml' }).end(body);
        return 'answered';
      });
      await assert.rejects(sent.multipart.complete(sent.upload), { code: 'unavailable' });
      assert.equal(await sent.storedSha256(), undefined);
      assert.deepEqual(await sent.direct.multipart.received(sent.upload), [1]);
    });

  it('completes, or finds no upload, after a completion whose answer was lost', async () => {
    const { url } = (await server).s3;
    for (const outcome of ['completed', 'absent'] as const) {
      let completions = 0;
      await using sent = await createSent((request, outgoing) => {
        if (!isCompletion(request)) return 'left';
        completions += 1;
        if (completions === 1) return storeAndCut(request, outgoing, url);
        if (outcome === 'completed') return 'left'; // Ceph knows what it has completed
        request.resume();
        return sendS3Error(outgoing, { status: 404, code: 'NoSuchUpload' });
      });
      assert.equal(await sent.multipart.complete(sent.upload), outcome);
      assert.equal(completions, 2);
      assert.equal(await sent.storedSha256(), sha256(sent.bytes));
    }
  });

  it('completes with a part that was sent again after it was listed', async () => {
    const other = somePng();
    let sendAgain = async (): Promise<void> => assert.fail('too early');
    await using sent = await createSent(
      once((request, outgoing) => {
        request.resume();
        void sendAgain().then(() => sendS3Error(outgoing, { status: 400, code: 'InvalidPart' }));
        return 'answered';
      }),
    );
    sendAgain = () => sent.sendPart(other);
    assert.equal(await sent.multipart.complete(sent.upload), 'completed');
    assert.equal(await sent.storedSha256(), sha256(other));
  });

  it('may take longer to complete or copy an object, the longer the larger', async () => {
    const { s3 } = await server;
    const partBytes = 8_000_000;
    await using slow = await startFront(async (request) => {
      if (isCompletion(request) || request.headers['x-amz-copy-source'] !== undefined) await delay(1_500);
      return s3.url;
    });
    const timeouts = { connectMs: 60_000, answerMs: 750, idleMs: 750 };
    for (const [large, outcome] of [
      [false, 'unavailable'],
      [true, 'completed'],
    ] as const) {
      await using sent = await createSent(() => 'left', large ? { partBytes } : {});
      await using opened = await openStore({ ...openOptions(sent.direct.bucket), endpoint: slow.url, timeouts });
      const code = ({ code }: { code: string }) => code;
      assert.equal(await opened.multipart.complete(sent.upload).catch(code), outcome);
      await sent.direct.multipart.complete(sent.upload);
      const { sizeBytes } = sent.upload;
      const copy = opened.store.copy(incoming(), () => original(), { ...image, sizeBytes });
      assert.equal(await copy.catch(code), large ? original() : 'unavailable');
    }
  });

  it('reads every page of parts and of uploads, and no more', async () => {
    const { length: sizeBytes } = somePng(4_000);
    const upload = { key: incoming(), uploadId: 'one', sizeBytes, partBytes: 2_000, checksums: false };
    const asked: string[] = [];
    await using fronted = await createFrontedStore((await server).s3, (request, outgoing) => {
      const params = paramsOf(request);
      if (isPartList(request)) {
        const after = params.get('part-number-marker');
        asked.push(`parts after ${after}`);
        const number = after === null ? 1 : 2;
        const part = `<Part><PartNumber>${number}</PartNumber><Size>2000</Size><ETag>"${number}"</ETag></Part>`;
        const next = `<NextPartNumberMarker>${number}</NextPartNumberMarker><IsTruncated>${number === 1}</IsTruncated>`;
        return sendXml(outgoing, `<ListPartsResult>${next}${part}</ListPartsResult>`);
      }
      if (request.method !== 'GET' || !params.has('uploads')) return 'left';
      const after = params.get('upload-id-marker');
      asked.push(`uploads after ${params.get('key-marker')} ${after}`);
      const id = after === null ? 'one' : 'two';
      const begun = '<Initiated>2026-01-01T00:00:00.000Z</Initiated>';
      const one = `<Upload><Key>${upload.key}</Key><UploadId>${id}</UploadId>${begun}</Upload>`;
      const next = `<NextKeyMarker>${upload.key}</NextKeyMarker><NextUploadIdMarker>${id}</NextUploadIdMarker>`;
      const page = `${next}<IsTruncated>${id === 'one'}</IsTruncated>${one}`;
      return sendXml(outgoing, `<ListMultipartUploadsResult>${page}</ListMultipartUploadsResult>`);
    });
    assert.deepEqual(await fronted.multipart.received(upload), [1, 2]);
    const found = await collect(fronted.multipart.list('incoming/'));
    assert.deepEqual(
      found.map(({ uploadId }) => uploadId),
      ['one', 'two'],
    );
    assert.deepEqual(asked, [
      'parts after null',
      'parts after 1',
      'uploads after null null',
      `uploads after ${upload.key} one`,
    ]);
  });

  it('asks the store to verify the SHA-256 of each part, and names it in the completion', async () => {
    const part = somePng();
    const checksum = Buffer.from(sha256(part), 'hex').toString('base64');
    const algorithms: unknown[] = [];
    let completion = Promise.resolve('');
    await using fronted = await createFrontedStore((await server).s3, (request, outgoing) => {
      if (paramsOf(request).has('uploads')) algorithms.push(request.headers['x-amz-checksum-algorithm']);
      if (isCompletion(request)) {
        completion = text(request);
        return sendXml(outgoing, '<CompleteMultipartUploadResult><ETag>"whole"</ETag></CompleteMultipartUploadResult>');
      }
      if (!isPartList(request)) return 'left';
      const sum = `<ChecksumSHA256>${checksum}</ChecksumSHA256>`;
      const listed = `<Part><PartNumber>1</PartNumber><Size>2000</Size><ETag>"one"</ETag>${sum}</Part>`;
      return sendXml(outgoing, `<ListPartsResult><IsTruncated>false</IsTruncated>${listed}</ListPartsResult>`);
    });
    const sizes = { sizeBytes: part.length, partBytes: part.length };
    for (const checksums of [false, true]) {
      const uploadId = await fronted.multipart.begin(incoming(), { ...image, ...sizes, checksums });
      const outcome = await fronted.multipart.complete({ key: incoming(), uploadId, ...sizes, checksums });
      assert.equal(outcome, 'completed');
      const sums = [...(await completion).matchAll(/<ChecksumSHA256>(.*?)<\/ChecksumSHA256>/g)];
      assert.deepEqual(
        sums.map(([, sum]) => sum),
        checksums ? [checksum] : [],
      );
    }
    assert.deepEqual(algorithms, [undefined, 'SHA256']);
  });

  it('erases the parts of an unfinished export, too', async () => {
    await using harness = await createS3Harness((await server).s3);
    const options = { contentType: 'application/zip', sizeBytes: 1, partBytes: 1, checksums: false };
    await harness.multipart.begin(exported(), options);
    await harness.store.erase('renditions/');
    assert.deepEqual(await collect(harness.multipart.list('renditions/')), []);
  });
});

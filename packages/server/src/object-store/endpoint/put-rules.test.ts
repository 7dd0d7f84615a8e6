import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { BUCKET, CREDENTIALS, createDiskHarness, type DiskHarness, REGION } from '../disk/disk-harness.fixture.ts';
import { incoming, outcomeOf } from '../sample-objects.fixture.ts';
import { createSigner } from '../signing/sigv4.ts';

const BYTES = randomBytes(5_000);
const MD5 = createHash('md5').update(BYTES).digest('base64');
const SHA1 = createHash('sha1').update(BYTES).digest('base64');
const SHA256 = createHash('sha256').update(BYTES).digest('base64');
const OTHER_SHA256 = createHash('sha256').update('other').digest('base64');
const crcBytes = Buffer.alloc(4);
crcBytes.writeUInt32BE(crc32(BYTES));
const CRC32 = crcBytes.toString('base64');

interface Rule {
  readonly signed?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly unsigned?: Record<string, string>;
}

/** A PUT with these signed headers and parameters, including ones that the store never signs. */
const presign = (harness: DiskHarness, { signed = {}, query = {} }: Rule): string =>
  createSigner({ credentials: CREDENTIALS, region: REGION }).presign({
    method: 'PUT',
    origin: harness.publicOrigin,
    path: `/objects/${BUCKET}/${incoming()}`,
    headers: signed,
    query,
    expiresInSeconds: 60,
    now: new Date(),
  });

const put = (harness: DiskHarness, rule: Rule): Promise<Response> =>
  fetch(presign(harness, rule), { method: 'PUT', headers: { ...rule.signed, ...rule.unsigned }, body: BYTES });

const RULES: readonly (readonly [what: string, request: Rule, outcome: string])[] = [
  ['no digest at all', {}, '200'],
  ['Content-MD5, right', { unsigned: { 'Content-MD5': MD5 } }, '200'],
  ['Content-MD5, of other bytes', { unsigned: { 'Content-MD5': 'XUFAKrxLKna5cZ2REBfFkg==' } }, '400 BadDigest'],
  ['Content-MD5, signed, of other bytes', { signed: { 'Content-MD5': 'XUFAKrxLKna5cZ2REBfFkg==' } }, '400 BadDigest'],
  [
    'Content-MD5 in hex',
    { unsigned: { 'Content-MD5': createHash('md5').update(BYTES).digest('hex') } },
    '400 InvalidDigest',
  ],
  ['Content-MD5 without its padding', { unsigned: { 'Content-MD5': MD5.replace('==', '') } }, '400 InvalidDigest'],
  ['Content-MD5, empty', { unsigned: { 'Content-MD5': '' } }, '400 InvalidDigest'],
  ['CRC32, right', { signed: { 'x-amz-checksum-crc32': CRC32 } }, '200'],
  ['CRC32, wrong', { signed: { 'x-amz-checksum-crc32': 'AAAAAA==' } }, '400 BadDigest'],
  ['CRC32C, wrong', { signed: { 'x-amz-checksum-crc32c': 'AAAAAA==' } }, '400 BadDigest'],
  ['CRC64NVME, wrong', { signed: { 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=' } }, '400 BadDigest'],
  ['SHA-1, right', { signed: { 'x-amz-checksum-sha1': SHA1 } }, '200'],
  ['SHA-1, wrong', { signed: { 'x-amz-checksum-sha1': 'qvTGHdzF6KLavt4PO0gs2a6pQ00=' } }, '400 BadDigest'],
  ['SHA-256, right', { signed: { 'x-amz-checksum-sha256': SHA256 } }, '200'],
  ['SHA-256, wrong', { signed: { 'x-amz-checksum-sha256': OTHER_SHA256 } }, '400 BadDigest'],
  ['SHA-256 in the query, right', { query: { 'x-amz-checksum-sha256': SHA256 } }, '200'],
  ['SHA-256 in the query, wrong', { query: { 'x-amz-checksum-sha256': OTHER_SHA256 } }, '400 BadDigest'],
  ['SHA-256 in the query in capitals, wrong', { query: { 'X-Amz-Checksum-SHA256': OTHER_SHA256 } }, '400 BadDigest'],
  [
    'the CRC32 of no bytes in the query, as the SDK signs without a body',
    { query: { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-sdk-checksum-algorithm': 'CRC32' } },
    '400 BadDigest',
  ],
  ['a checksum that isn’t signed', { unsigned: { 'x-amz-checksum-sha256': SHA256 } }, '403 AccessDenied'],
  ['a checksum of another length', { signed: { 'x-amz-checksum-sha256': SHA1 } }, '400 InvalidRequest'],
  ['a checksum that isn’t base64', { signed: { 'x-amz-checksum-crc32': '????????' } }, '400 InvalidRequest'],
  ['an unknown checksum', { signed: { 'x-amz-checksum-rot13': SHA1 } }, '400 InvalidRequest'],
  ['two checksums', { signed: { 'x-amz-checksum-crc32': CRC32, 'x-amz-checksum-sha1': SHA1 } }, '400 InvalidRequest'],
  [
    'one checksum in both header and query',
    { signed: { 'x-amz-checksum-sha1': SHA1 }, query: { 'x-amz-checksum-sha1': SHA1 } },
    '400 InvalidRequest',
  ],
  [
    'a checksum and its name',
    {
      signed: {
        'x-amz-checksum-sha1': SHA1,
        'x-amz-sdk-checksum-algorithm': 'SHA1',
        'x-amz-checksum-type': 'FULL_OBJECT',
      },
    },
    '200',
  ],
  [
    'a checksum and the name of another',
    { signed: { 'x-amz-checksum-sha1': SHA1, 'x-amz-sdk-checksum-algorithm': 'SHA256' } },
    '400 InvalidRequest',
  ],
  ['a name without its checksum', { signed: { 'x-amz-sdk-checksum-algorithm': 'SHA1' } }, '400 InvalidRequest'],
  [
    'Content-MD5, right, and a checksum, wrong',
    { signed: { 'Content-MD5': MD5, 'x-amz-checksum-sha256': OTHER_SHA256 } },
    '400 BadDigest',
  ],
  ['If-None-Match: *', { unsigned: { 'If-None-Match': '*' } }, '200'],
  ['If-None-Match with an ETag', { unsigned: { 'If-None-Match': '"a"' } }, '400 NotImplemented'],
  ['If-Match', { unsigned: { 'If-Match': '"a"' } }, '400 NotImplemented'],
];

describe('a presigned PUT', () => {
  for (const [what, request, outcome] of RULES)
    it(`with ${what}: ${outcome}`, async () => {
      await using harness = await createDiskHarness();
      assert.equal(await outcomeOf(await put(harness, request)), outcome);
      const head = await harness.store.head(incoming());
      assert.deepEqual([head !== undefined, harness.stored.length], outcome === '200' ? [true, 1] : [false, 0]);
      assert.deepEqual(await harness.staged(), []);
    });

  for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)
    it(`with the ${algorithm} that the SDK put into the query is accepted for the right bytes only`, async () => {
      await using harness = await createDiskHarness();
      const client = new S3Client({
        credentials: CREDENTIALS,
        region: REGION,
        endpoint: `${harness.publicOrigin}/objects`,
        forcePathStyle: true,
      });
      const url = await getSignedUrl(
        client,
        new PutObjectCommand({ Bucket: BUCKET, Key: incoming(), Body: BYTES, ChecksumAlgorithm: algorithm }),
      );
      assert.match(url, new RegExp(`&x-amz-checksum-${algorithm.toLowerCase()}=`));
      const other = Buffer.from(BYTES);
      other[4_000] = ~(other[4_000] ?? 0);
      assert.equal(await outcomeOf(await fetch(url, { method: 'PUT', body: other })), '400 BadDigest');
      assert.equal(await outcomeOf(await fetch(url, { method: 'PUT', body: BYTES })), '200');
    });

  it('with If-None-Match: * is refused if the key exists, before the body is received', async () => {
    await using harness = await createDiskHarness();
    assert.equal(await outcomeOf(await put(harness, {})), '200');
    const sending = httpRequest(presign(harness, {}), {
      method: 'PUT',
      headers: { 'If-None-Match': '*', 'Content-Length': BYTES.length },
    });
    sending.on('error', () => {});
    sending.flushHeaders();
    const [response] = await once(sending, 'response');
    assert.equal(response.statusCode, 412);
    sending.destroy();
    assert.deepEqual([harness.stored.length, await harness.staged()], [1, []]);
  });
});

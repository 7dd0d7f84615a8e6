import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { describe, it } from 'node:test';
import { S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import fc from 'fast-check';
import { repeatsOf } from '../../../test/repeats.ts';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import { hearing } from '../../observe/observer/hearing.fixture.ts';
import {
  BUCKET,
  CREDENTIALS,
  createDiskHarness,
  type DiskHarness,
  NO_OBJECTS,
  REGION,
  responseOf,
} from '../disk/disk-harness.fixture.ts';
import {
  getBytes,
  image,
  inChunks,
  incoming,
  original,
  outcomeOf,
  sendForm,
  sha256,
  somePng,
} from '../sample-objects.fixture.ts';
import { type Credentials, createSigner, type FormInput } from '../signing/sigv4.ts';
import { createDiskEndpoint } from './disk-endpoint.ts';

const MAX = 10_000;
const create = () => createDiskHarness({ maxUploadBytes: MAX });
const BYTES = somePng();

/** A form signed with our key, including ones that the store never signs. */
const sign = (input: Partial<FormInput> = {}, credentials: Credentials = CREDENTIALS, region = REGION) =>
  createSigner({ credentials, region }).signForm({
    bucket: BUCKET,
    key: incoming(),
    fields: {},
    conditions: [],
    expiresInSeconds: 60,
    now: new Date(),
    ...input,
  });

const post = async (
  harness: DiskHarness,
  fields: Readonly<Record<string, string>>,
  bytes = BYTES,
  path = `/objects/${BUCKET}`,
) => outcomeOf(await sendForm({ url: harness.publicOrigin + path, fields }, bytes));

const BOUNDARY = 'boundary';
const multipart = (
  parts: readonly (readonly [disposition: string, value: string])[],
  end = `--${BOUNDARY}--\r\n`,
): string =>
  parts
    .map(([disposition, value]) => `--${BOUNDARY}\r\nContent-Disposition: ${disposition}\r\n\r\n${value}\r\n`)
    .join('') + end;
const partsOf = (fields: Readonly<Record<string, string>>) =>
  Object.entries(fields).map(([name, value]) => [`form-data; name="${name}"`, value] as const);
const FILE = ['form-data; name="file"; filename="a.png"', 'bytes'] as const;

const postRaw = async (
  { publicOrigin }: DiskHarness,
  body: string,
  type = `multipart/form-data; boundary=${BOUNDARY}`,
) =>
  outcomeOf(
    await fetch(`${publicOrigin}/objects/${BUCKET}`, { method: 'POST', body, headers: { 'Content-Type': type } }),
  );

const isEmpty = async ({ store, staged, stored }: DiskHarness): Promise<void> =>
  assert.deepEqual([await store.head(incoming()), await staged(), stored], [undefined, [], []]);

describe('a presigned form', () => {
  it('is stored and judged before the response, which has the address of the object', async () => {
    await using harness = await create();
    const response = await sendForm(
      await harness.presigner.presignPost(incoming(), {
        publicOrigin: harness.publicOrigin,
        ...image,
        expiresInSeconds: 60,
        minBytes: 1,
        maxBytes: MAX,
      }),
      BYTES,
    );
    assert.equal(response.status, 204);
    assert.deepEqual(harness.stored, [[incoming(), { sha256: sha256(BYTES) }]]);
    assert.equal(
      response.headers.get('location'),
      `${harness.publicOrigin}/objects/${BUCKET}/${encodeURIComponent(incoming())}`,
    );
    assert.match(response.headers.get('etag') ?? '', /^"[0-9a-f]{32}"$/);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.deepEqual(await harness.staged(), []);
  });

  it('is answered with the verdict on its bytes', async () => {
    await using harness = await create();
    harness.verdict = { outcome: 'rejected', reason: 'unreadable-image' };
    assert.equal(await post(harness, sign()), '400 InvalidRequest');
    assert.deepEqual(await harness.staged(), []);
  });

  it('made by the SDK is accepted', async () => {
    await using harness = await create();
    const credentials = { ...CREDENTIALS, sessionToken: 'a/b+c==' };
    const client = new S3Client({
      credentials,
      region: REGION,
      endpoint: `${harness.publicOrigin}/objects`,
      forcePathStyle: true,
    });
    const form = await createPresignedPost(client, {
      Bucket: BUCKET,
      Key: incoming(),
      Fields: { 'Content-Type': 'image/png' },
      Conditions: [
        ['content-length-range', 1, MAX],
        ['starts-with', '$Content-Type', 'image/'],
      ],
    });
    assert.equal(await outcomeOf(await sendForm(form, BYTES)), '204');
    assert.deepEqual(await getBytes(harness.store, incoming()), BYTES);
  });

  for (const [wish, status] of [
    ['200', 200],
    ['201', 201],
    ['204', 204],
    ['404', 204],
    ['', 204],
  ] as const)
    it(`that requests status ${wish || 'nothing'} gets ${status}`, async () => {
      await using harness = await create();
      const fields = sign({ fields: { success_action_status: wish } });
      const response = await sendForm({ url: `${harness.publicOrigin}/objects/${BUCKET}`, fields }, BYTES);
      assert.equal(response.status, status);
      const { headers } = response;
      const expected =
        '<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>' +
        `<Location>${headers.get('location')}</Location><Bucket>${BUCKET}</Bucket><Key>${incoming()}</Key>` +
        `<ETag>${headers.get('etag')?.replaceAll('"', '&quot;')}</ETag></PostResponse>`;
      assert.equal(await response.text(), status === 201 ? expected : '');
    });

  const now = new Date();
  const WRONG_SHA256 = Buffer.alloc(32).toString('base64');
  const RULES: readonly (readonly [what: string, fields: Readonly<Record<string, string>>, outcome: string])[] = [
    ['signed with another secret', sign({}, { ...CREDENTIALS, secretAccessKey: 'other' }), '403 SignatureDoesNotMatch'],
    ['of an unknown key', sign({}, { ...CREDENTIALS, accessKeyId: 'STRANGER' }), '403 InvalidAccessKeyId'],
    ['for another region', sign({}, CREDENTIALS, 'eu-west-1'), '400 InvalidArgument'],
    ['for another bucket', sign({ bucket: 'other' }), '403 AccessDenied'],
    ['without any signature', { key: incoming(), policy: 'e30=' }, '403 AccessDenied'],
    ['of SigV2', { key: incoming(), policy: 'e30=', AWSAccessKeyId: 'a', signature: 'b' }, '403 AccessDenied'],
    ['with another algorithm', { ...sign(), 'X-Amz-Algorithm': 'AWS4-ECDSA-P256-SHA256' }, '400 InvalidArgument'],
    ['with an invalid date', { ...sign(), 'X-Amz-Date': 'today' }, '400 InvalidArgument'],
    ['with another day than its credential', { ...sign(), 'X-Amz-Date': '20200101T000000Z' }, '400 InvalidArgument'],
    [
      'with another time than was signed',
      { ...sign(), 'X-Amz-Date': sign({ now })['X-Amz-Date']?.replace(/\d{6}Z/, '000000Z') ?? '' },
      '403 AccessDenied',
    ],
    [
      'with a credential without scope',
      { ...sign(), 'X-Amz-Credential': CREDENTIALS.accessKeyId },
      '400 InvalidArgument',
    ],
    ['with a repeated field in another case', { ...sign(), KEY: incoming(2) }, '400 InvalidArgument'],
    [
      'with names in another case',
      Object.fromEntries(Object.entries(sign()).map(([name, value]) => [name.toUpperCase(), value])),
      '204',
    ],
    ['for the key of an original', sign({ key: original() }), '403 AccessDenied'],
    ['for a key outside uploads', sign({ key: 'incoming/ann/../x' }), '403 AccessDenied'],
    ['for a key with a filename variable', sign({ key: `incoming/ann/\${filename}` }), '403 AccessDenied'],
    [
      'with an incomplete length range',
      sign({ conditions: [['content-length-range', 0]] }),
      '400 InvalidPolicyDocument',
    ],
    ['with an empty length range', sign({ conditions: [['content-length-range', 9, 1]] }), '400 EntityTooLarge'],
    [
      'with the Content-MD5 of other bytes',
      sign({ fields: { 'Content-MD5': '1B2M2Y8AsgTpgAmY7PhCfg==' } }),
      '400 BadDigest',
    ],
    ['with a checksum of other bytes', sign({ fields: { 'x-amz-checksum-sha256': WRONG_SHA256 } }), '400 BadDigest'],
    [
      'with the checksum of its bytes',
      sign({ fields: { 'x-amz-checksum-sha256': Buffer.from(sha256(BYTES), 'hex').toString('base64') } }),
      '204',
    ],
    [
      'with a checksum that its policy does not cover',
      { ...sign(), 'x-amz-checksum-sha256': WRONG_SHA256 },
      '403 AccessDenied',
    ],
    [
      'with more before its file than S3 allows',
      { ...sign(), 'x-ignore-a': 'a'.repeat(20_480) },
      '400 MaxPostPreDataLengthExceeded',
    ],
    [
      'with many fields before its file',
      { ...sign(), ...Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`x-ignore-${at}`, ''])) },
      '400 MaxPostPreDataLengthExceeded',
    ],
  ];
  for (const [what, fields, outcome] of RULES)
    it(`${what}: ${outcome}`, async () => {
      await using harness = await create();
      assert.equal(await post(harness, fields), outcome);
      if (outcome !== '204') await isEmpty(harness);
    });

  for (const [difference, outcome] of [
    [0, '204'],
    [1, '400 EntityTooLarge'],
    [3_000_000, '400 EntityTooLarge'],
  ] as const)
    it(`whose policy has no range, ${difference} bytes over the limit of the service: ${outcome}`, async () => {
      await using harness = await create();
      assert.equal(await post(harness, sign(), randomBytes(MAX + difference)), outcome);
      if (difference > 0) await isEmpty(harness);
    });

  for (const [path, outcome] of [
    [`/objects/${BUCKET}/`, '204'],
    ['/objects/other', '404 NoSuchBucket'],
    [`/objects/${BUCKET}/${incoming()}`, '405 MethodNotAllowed'],
    [`/objects/${BUCKET}?delete`, '405 MethodNotAllowed'],
    ['/objects/', '405 MethodNotAllowed'],
  ] as const)
    it(`sent to ${path}: ${outcome}`, async () => {
      await using harness = await create();
      assert.equal(await post(harness, sign(), BYTES, path), outcome);
    });

  const AUTHORIZED = { Authorization: 'AWS4-HMAC-SHA256 Credential=...' };
  it('with an Authorization header is refused', async () => {
    await using harness = await create();
    const { publicOrigin } = harness;
    const response = await fetch(`${publicOrigin}/objects/${BUCKET}`, {
      method: 'POST',
      headers: AUTHORIZED,
      body: 'x',
    });
    assert.equal(await outcomeOf(response), '403 AccessDenied');
  });
});

describe('the body of a form', () => {
  const parts = partsOf(sign());
  const RULES: readonly (readonly [what: string, body: string, outcome: string])[] = [
    ['with all fields and a file', multipart([...parts, FILE]), '204'],
    ['with a preamble and an epilogue', `hello\r\n${multipart([...parts, FILE])}bye`, '204'],
    [
      'with a field after the file, as submit buttons send',
      multipart([...parts, FILE, ['form-data; name="submit"', 'x']]),
      '204',
    ],
    [
      'with a status field after the file, which is ignored',
      multipart([...parts, FILE, ['form-data; name="success_action_status"', '201']]),
      '204',
    ],
    [
      'with file names for fields',
      multipart([...parts.map(([head, value]) => [`${head}; filename="x"`, value] as const), FILE]),
      '204',
    ],
    ['with a file without a name', multipart([...parts, ['form-data; name="file"', 'bytes']]), '204'],
    ['with its fields after the file', multipart([FILE, ...parts]), '403 AccessDenied'],
    [
      'with one field after the file',
      multipart([...parts.slice(0, -1), FILE, ...parts.slice(-1)]),
      '400 InvalidArgument',
    ],
    ['without a file', multipart(parts), '400 InvalidArgument'],
    ['with two files', multipart([...parts, FILE, FILE]), '400 InvalidArgument'],
    ['with a field that has no name', multipart([...parts, ['form-data', 'x'], FILE]), '400 MalformedPOSTRequest'],
    ['that ends in its fields', multipart(parts, ''), '400 MalformedPOSTRequest'],
    ['that ends in its file', multipart([...parts, FILE], ''), '400 MalformedPOSTRequest'],
    ['that isn’t a form', 'hello', '400 MalformedPOSTRequest'],
    ['without bytes', '', '400 MalformedPOSTRequest'],
  ];
  for (const [what, body, outcome] of RULES)
    it(`${what}: ${outcome}`, async () => {
      await using harness = await create();
      assert.equal(await postRaw(harness, body), outcome);
      if (outcome !== '204') await isEmpty(harness);
    });

  for (const [type, outcome] of [
    ['application/x-www-form-urlencoded', '412 PreconditionFailed'],
    ['multipart/form-data', '400 MalformedPOSTRequest'],
    ['multipart/form-data; boundary=another', '400 MalformedPOSTRequest'],
    [`multipart/form-data; boundary="${BOUNDARY}"`, '204'],
  ] as const)
    it(`of type ${type}: ${outcome}`, async () => {
      await using harness = await create();
      assert.equal(await postRaw(harness, multipart([...parts, FILE]), type), outcome);
    });

  it('that is truncated anywhere, in chunks of any size, is refused and leaves nothing', {
    timeout: 60_000,
  }, async () => {
    await using harness = await create();
    const whole = Buffer.from(multipart([...parts, ['form-data; name="file"', 'bytes'.repeat(300)]]));
    const end = whole.lastIndexOf(`--${BOUNDARY}--`) + BOUNDARY.length + 4;
    await fc.assert(
      fc.asyncProperty(fc.nat(end - 1), fc.integer({ min: 1, max: 400 }), async (cut, size) => {
        const observe = hearing('request-failed', ({ error }) => assert.ifError(error));
        const endpoint = createDiskEndpoint({ ...harness, maxUploadBytes: MAX, observe });
        const request = {
          method: 'POST',
          target: `/objects/${BUCKET}`,
          origin: harness.publicOrigin,
          headers: new Headers({
            'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`,
            'Content-Length': String(cut),
          }),
          body: inChunks(whole.subarray(0, cut), size),
          requestId: 'request-1',
        };
        const response = responseOf(await endpoint(request, NO_OBJECTS));
        assert.equal(await outcomeOf(response), '400 MalformedPOSTRequest');
        await isEmpty(harness);
      }),
      { numRuns: repeatsOf('cutForms').count },
    );
  });

  it('is not read after a wrong signature', async () => {
    await using harness = await create();
    const sending = httpRequest(`${harness.publicOrigin}/objects/${BUCKET}`, {
      method: 'POST',
      headers: { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`, 'Content-Length': 9_000 },
    });
    sending.on('error', () => {});
    sending.write(multipart([...partsOf({ ...sign(), 'X-Amz-Signature': '0'.repeat(64) }), FILE], '').slice(0, -2));
    const [response] = await once(sending, 'response');
    assert.equal(response.statusCode, 403);
    sending.destroy();
    await isEmpty(harness);
  });

  it('without a length is refused', async () => {
    await using harness = await create();
    const sending = httpRequest(`${harness.publicOrigin}/objects/${BUCKET}`, {
      method: 'POST',
      headers: { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`, 'Transfer-Encoding': 'chunked' },
    });
    sending.on('error', () => {});
    sending.end(multipart([...parts, FILE]));
    const [response] = await once(sending, 'response');
    assert.equal(response.statusCode, 411);
    sending.destroy();
  });

  it('that is interrupted leaves nothing', { timeout: 60_000 }, async () => {
    await using harness = await create();
    const sending = httpRequest(`${harness.publicOrigin}/objects/${BUCKET}`, {
      method: 'POST',
      headers: { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`, 'Content-Length': 9_000 },
    });
    sending.on('error', () => {});
    sending.write(multipart([...parts, FILE], '').slice(0, -2));
    while ((await harness.staged()).length === 0) await new Promise(setImmediate);
    sending.destroy();
    while ((await harness.staged()).length > 0) await new Promise(setImmediate);
    await isEmpty(harness);
  });
});

it('a form for a key outside uploads is refused, even with a valid signature', async () => {
  await using harness = await create();
  for (const key of ['tmp/x', 'images/a/b', 'incoming/a/b', '', '/'] as ObjectKey[])
    assert.match(await post(harness, sign({ key })), /^(403 AccessDenied|400 InvalidArgument)$/, key);
  await isEmpty(harness);
});

import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { describe, it, mock } from 'node:test';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import fc from 'fast-check';
import { repeatsOf } from '../../../test/repeats.ts';
import { presignGetObject, presignPostObject, presignPutObject } from './presigned-object.ts';
import { createSigner, deriveSigningKey, signPolicy, UNSIGNED_PAYLOAD } from './sigv4.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const REGION = 'us-east-1';

describe('signing matches', () => {
  it('the presigned GET of the S3 documentation', () => {
    // Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters"
    const signer = createSigner({
      credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
      region: REGION,
    });
    const url = signer.presign({
      method: 'GET',
      origin: 'https://examplebucket.s3.amazonaws.com',
      path: '/test.txt',
      expiresInSeconds: 86_400,
      now: new Date('2013-05-24T00:00:00Z'),
    });
    assert.equal(
      url,
      'https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256' +
        '&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
        '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400' +
        '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404&X-Amz-SignedHeaders=host',
    );
  });

  for (const [day, expected] of [
    ['20120215', 'f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d'],
    ['20150830', 'c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9'],
  ] as const)
    it(`the signing key of ${day}`, () => {
      // AWS General Reference, "Examples of how to derive a signing key for Signature Version 4"
      assert.equal(deriveSigningKey(SECRET, day, REGION, 'iam').toString('hex'), expected);
    });
});

it('signing matches the POST policy that AWS publishes', () => {
  // Amazon S3 API Reference, "Example: Browser-Based Upload using HTTP POST (Using AWS Signature Version 4)"
  const policy = [
    '{ "expiration": "2015-12-30T12:00:00.000Z",',
    '  "conditions": [',
    '    {"bucket": "sigv4examplebucket"},',
    '    ["starts-with", "$key", "user/user1/"],',
    '    {"acl": "public-read"},',
    '    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},',
    '    ["starts-with", "$Content-Type", "image/"],',
    '    {"x-amz-meta-uuid": "14365123651274"},',
    '    {"x-amz-server-side-encryption": "AES256"},',
    '    ["starts-with", "$x-amz-meta-tag", ""],',
    '',
    '    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},',
    '    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},',
    '    {"x-amz-date": "20151229T000000Z" }',
    '  ]',
    '}',
  ].join('\r\n');
  const key = deriveSigningKey('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', '20151229', REGION, 's3');
  assert.equal(
    signPolicy(createSecretKey(key), Buffer.from(policy).toString('base64')),
    '8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e',
  );
});

/** Well-formed Unicode, with many of the characters that canonical forms treat specially. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.constantFrom(
        '/',
        '//',
        '..',
        '/./',
        '%2F',
        '%',
        '+',
        ' ',
        '?',
        '#',
        '&',
        '=',
        "!'()*",
        '~',
        'é',
        '👩‍👩‍👧',
        '\0',
      ),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => parts.join(''))
  .filter((joined) => joined.length > 0);

const headerValue = fc
  .string({ unit: fc.constantFrom(...'abcXYZ0189/;=+"-. \t') })
  .filter((value) => value.trim() !== '');

const credentials = fc
  .record({
    accessKeyId: fc.string({ unit: fc.constantFrom(...'AKIA0123456789+/'), minLength: 1, maxLength: 20 }),
    secretAccessKey: fc.string({ unit: 'binary-ascii', minLength: 1 }),
    sessionToken: fc.option(fc.base64String({ minLength: 4 }), { nil: undefined }),
  })
  .map(({ sessionToken, ...keys }) => (sessionToken === undefined ? keys : { ...keys, sessionToken }));

const place = fc.constantFrom(
  { endpoint: 'http://127.0.0.1:8000/objects', origin: 'http://127.0.0.1:8000', path: '/objects/safelight/' },
  { endpoint: 'https://S3.Example.com:443', origin: 'https://S3.Example.com:443', path: '/safelight/' },
  { endpoint: 'http://[::1]:9000', origin: 'http://[::1]:9000', path: '/safelight/' },
  { endpoint: undefined, origin: `https://safelight.s3.${REGION}.amazonaws.com`, path: '/' }, // the host names the bucket
);

const signing = fc.record({
  credentials,
  place,
  key: text,
  expiresInSeconds: fc.integer({ min: 1, max: 604_800 }),
  now: fc.date({ min: new Date('1980-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
});

type Signing = typeof signing extends fc.Arbitrary<infer T> ? T : never;

const clientOf = ({ credentials, place }: Signing): S3Client =>
  new S3Client({
    credentials,
    region: REGION,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(place.endpoint === undefined ? {} : { endpoint: place.endpoint, forcePathStyle: true }),
  });

const ours = ({ credentials, place, key, now }: Signing) => ({
  signer: createSigner({ credentials, region: REGION }),
  address: { origin: place.origin, path: `${place.path}${key}` },
  now,
});

describe('presigned URLs equal those of the SDK', () => {
  it('for a PUT with a signed Content-Type', async () => {
    await fc.assert(
      fc.asyncProperty(signing, headerValue, async (input, contentType) => {
        const theirs = await getSignedUrl(
          clientOf(input),
          new PutObjectCommand({ Bucket: 'safelight', Key: input.key, ContentType: contentType }),
          {
            expiresIn: input.expiresInSeconds,
            signingDate: input.now,
            signableHeaders: new Set(['content-type']),
          },
        );
        const { expiresInSeconds } = input;
        assert.equal(presignPutObject(ours(input), { contentType, expiresInSeconds }).url, theirs);
      }),
      { numRuns: repeatsOf('signedUrls').count },
    );
  });

  const sha256 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));

  it('for a PUT with a signed length, a signed checksum, or both', async () => {
    const signed = fc.record({
      sizeBytes: fc.option(fc.maxSafeNat(), { nil: undefined }),
      checksum: fc.option(sha256, { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(signing, headerValue, signed, async (input, contentType, { sizeBytes, checksum }) => {
        const theirs = await getSignedUrl(
          clientOf(input),
          new PutObjectCommand({
            Bucket: 'safelight',
            Key: input.key,
            ContentType: contentType,
            ...(sizeBytes === undefined ? {} : { ContentLength: sizeBytes }),
            ...(checksum === undefined ? {} : { ChecksumSHA256: checksum.toString('base64'), IfNoneMatch: '*' }),
          }),
          {
            expiresIn: input.expiresInSeconds,
            signingDate: input.now,
            signableHeaders: new Set(['content-type']),
            unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
          },
        );
        const { expiresInSeconds } = input;
        const options = { contentType, expiresInSeconds, sizeBytes, sha256: checksum?.toString('hex') };
        assert.equal(presignPutObject(ours(input), options).url, theirs);
      }),
      { numRuns: repeatsOf('signedUrls').count },
    );
  });

  it('for a GET with overridden response headers', async () => {
    await fc.assert(
      fc.asyncProperty(signing, text, text, async (input, contentType, disposition) => {
        const theirs = await getSignedUrl(
          clientOf(input),
          new GetObjectCommand({
            Bucket: 'safelight',
            Key: input.key,
            ResponseContentType: contentType,
            ResponseContentDisposition: disposition,
          }),
          { expiresIn: input.expiresInSeconds, signingDate: input.now },
        );
        const { expiresInSeconds } = input;
        assert.equal(presignGetObject(ours(input), { contentType, disposition, expiresInSeconds }).url, theirs);
      }),
      { numRuns: repeatsOf('signedUrls').count },
    );
  });

  it('with more headers and parameters than the service uses', async () => {
    await fc.assert(
      fc.asyncProperty(signing, headerValue, headerValue, async (input, language, camera) => {
        const theirs = await getSignedUrl(
          clientOf(input),
          new PutObjectCommand({
            Bucket: 'safelight',
            Key: input.key,
            ContentLanguage: language,
            Metadata: { camera, 'camera-2': camera },
          }),
          { expiresIn: input.expiresInSeconds, signingDate: input.now },
        );
        const { signer, address, now } = ours(input);
        const url = signer.presign({
          ...address,
          method: 'PUT',
          headers: { 'Content-Language': language },
          query: {
            'x-id': 'PutObject',
            'X-Amz-Content-Sha256': UNSIGNED_PAYLOAD,
            'x-amz-meta-camera-2': camera,
            'x-amz-meta-camera': camera,
          },
          expiresInSeconds: input.expiresInSeconds,
          now,
        });
        assert.equal(url, theirs);
      }),
    );
  });
});

describe('presigned forms equal those of the SDK', () => {
  it('field by field, with the same bytes in the policy', async () => {
    const withoutFilename = text.filter((key) => !key.endsWith('{filename}'));
    await fc.assert(
      fc.asyncProperty(
        signing,
        withoutFilename,
        headerValue,
        fc.nat(),
        fc.nat(),
        async (input, key, type, min, max) => {
          const { expiresInSeconds, now } = input;
          mock.timers.enable({ apis: ['Date'], now });
          try {
            const theirs = await createPresignedPost(clientOf(input), {
              Bucket: 'safelight',
              Key: key,
              Fields: { 'Content-Type': type },
              Conditions: [['content-length-range', min, max]],
              Expires: expiresInSeconds,
            });
            const { signer } = ours(input);
            const form = presignPostObject(
              { signer, url: theirs.url, bucket: 'safelight', key, now },
              { contentType: type, minBytes: min, maxBytes: max, expiresInSeconds },
            );
            assert.deepEqual({ url: form.url, fields: form.fields }, theirs);
          } finally {
            mock.timers.reset();
          }
        },
      ),
    );
  });
});

describe('a signer', () => {
  const signer = createSigner({ credentials: { accessKeyId: 'AKID', secretAccessKey: SECRET }, region: REGION });
  const presign = (now: string) =>
    signer.presign({ method: 'GET', origin: 'http://a', path: '/b/k', expiresInSeconds: 60, now: new Date(now) });

  it('signs each request for its own day and second', () => {
    const first = presign('2026-11-05T23:59:59.999Z');
    const second = presign('2026-11-06T00:00:00.000Z');
    assert.match(first, /X-Amz-Date=20261105T235959Z/);
    assert.match(second, /%2F20261106%2F.*X-Amz-Date=20261106T000000Z/);
    assert.equal(presign('2026-11-05T23:59:59.000Z'), first);
  });

  for (const expiresInSeconds of [0, -1, 604_801, 1.5, Number.NaN])
    it(`refuses an expiry of ${expiresInSeconds} s`, () => {
      const input = { method: 'GET', origin: 'http://a', path: '/b/k', expiresInSeconds, now: new Date() };
      assert.throws(() => signer.presign(input), { name: 'AppError', code: 'internal' });
      const form = { ...input, bucket: 'b', key: 'k', fields: {}, conditions: [] };
      assert.throws(() => signer.signForm(form), { name: 'AppError', code: 'internal' });
    });
});

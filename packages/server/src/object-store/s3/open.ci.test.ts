import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import {
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { createBucket, type TestBucket } from '../../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../../test/servers/ceph.ts';
import { type S3ForTests, s3ForTests } from '../../../../../test/servers/s3-for-tests.ts';
import { hearing } from '../../observe/observer/hearing.fixture.ts';
import { publicAccessBlock, S3_PROFILES } from './capabilities.ts';
import { type OpenOptions, openOptions, openStore } from './s3-harness.fixture.ts';
import { makeCertificate, type S3ErrorAnswer, sendS3Error, startStoreFront } from './store-front.fixture.ts';

const SKIP = { skip: NO_CEPH, concurrency: true };

/** The error that an operator gets if a bucket can't be opened; 'opened' otherwise. */
async function toldBy(options: OpenOptions): Promise<string> {
  try {
    await using _ = await openStore(options);
    return 'opened';
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error && error.code === 'unavailable', String(error));
    return 'detail' in error ? String(error.detail) : '';
  }
}

async function warningsOf(options: OpenOptions): Promise<string[]> {
  const warnings: string[] = [];
  await using _ = await openStore({
    ...options,
    observe: hearing('warning', ({ sentence }) => warnings.push(sentence)),
  });
  return warnings;
}

describe('opening a bucket', SKIP, () => {
  let server: S3ForTests;
  before(async () => {
    server = await s3ForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  const bucketOfItsOwn = () => createBucket(server.s3);

  describe('names the remedy for', { concurrency: true }, () => {
    it('a key that the store does not know, and a wrong secret', async () => {
      await using bucket = await bucketOfItsOwn();
      const options = openOptions(bucket);
      for (const credentials of [
        { accessKeyId: 'nobody', secretAccessKey: server.s3.secretAccessKey },
        { accessKeyId: server.s3.accessKeyId, secretAccessKey: 'wrong' },
      ]) {
        assert.equal(
          await toldBy({ ...options, credentials }),
          `${server.s3.url} refuses the credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key of its own`,
        );
      }
    });

    it('a bucket that does not exist', async () => {
      await using bucket = await bucketOfItsOwn();
      const missing = `${bucket.name}-missing`;
      assert.equal(
        await toldBy({ ...openOptions(bucket), bucket: missing }),
        `There is no bucket ${missing} at ${server.s3.url}: make it by npm run admin -- provision`,
      );
    });

    it('an endpoint without a listener, and an unknown host name', async () => {
      await using bucket = await bucketOfItsOwn();
      const closed = createServer().listen(0, '127.0.0.1');
      await once(closed, 'listening');
      const { port } = closed.address() as AddressInfo;
      await new Promise((resolve) => closed.close(resolve));
      for (const endpoint of [`http://127.0.0.1:${port}`, 'http://store.invalid']) {
        const told = await toldBy({ ...openOptions(bucket), endpoint });
        assert.match(
          told,
          /^http:\S+ can't be reached \((ECONNREFUSED|ENOTFOUND|EAI_AGAIN)\): check AWS_ENDPOINT_URL_S3$/,
        );
        assert.ok(told.startsWith(endpoint), told);
      }
    });

    it('a port that accepts connections and never answers', { timeout: 240_000 }, async () => {
      await using bucket = await bucketOfItsOwn();
      const silent = createServer().listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
      try {
        assert.equal(
          await toldBy({ ...openOptions(bucket), endpoint }),
          `${endpoint} does not answer: check AWS_ENDPOINT_URL_S3, and that nothing is in between`,
        );
      } finally {
        silent.close();
      }
    });

    it('a certificate of an untrusted CA, which AWS_CA_BUNDLE makes trusted', async () => {
      await using bucket = await bucketOfItsOwn();
      await using certificate = await makeCertificate();
      await using front = await startStoreFront({ to: server.s3.url, certificate });
      const options = { ...openOptions(bucket), endpoint: front.url };
      assert.equal(
        await toldBy(options),
        `${front.url} has a certificate of a CA that isn't trusted: set AWS_CA_BUNDLE to that CA's certificates`,
      );
      assert.equal(await toldBy({ ...options, caBundle: certificate.path }), 'opened');
      assert.match(
        await toldBy({ ...options, caBundle: `${certificate.path}.old` }),
        /^The certificates can't be read \(ENOENT.*\): set AWS_CA_BUNDLE to a file$/,
      );
    });

    it('a store without TLS, reached by https', async () => {
      await using bucket = await bucketOfItsOwn();
      const endpoint = server.s3.url.replace('http:', 'https:');
      assert.match(await toldBy({ ...openOptions(bucket), endpoint }), /doesn't speak TLS: set AWS_ENDPOINT_URL_S3/);
    });

    it('a clock that is off by more than URLs of five minutes tolerate', async () => {
      await using bucket = await bucketOfItsOwn();
      for (const [offSeconds, where] of [
        [600, 'ahead of'],
        [-600, 'behind'],
        [86_400, 'ahead of'],
      ] as const) {
        const clock = { now: () => new Date(Date.now() + offSeconds * 1000), elapsedMs: () => performance.now() };
        const told = await toldBy({ ...openOptions(bucket), clock });
        const [, seconds] = /^This machine's clock is (\d+) seconds /.exec(told) ?? [];
        assert.ok(Math.abs(Number(seconds) - Math.abs(offSeconds)) <= 60, told);
        assert.match(
          told,
          new RegExp(`${where} the store's, so that presigned URLs .*: run timedatectl set-ntp true$`),
        );
      }
    });

    // Ceph checks neither regions nor the expiry of session tokens, so these are responses of Amazon to requests of
    // the SDK.
    const AMAZON: readonly (readonly [string, S3ErrorAnswer, string])[] = [
      [
        'a signature for the wrong region',
        { status: 400, code: 'AuthorizationHeaderMalformed', details: '<Region>eu-central-1</Region>' },
        'The bucket images is not in us-east-1: set AWS_REGION to eu-central-1',
      ],
      [
        'a bucket in another region',
        { status: 301, code: 'PermanentRedirect', headers: { 'x-amz-bucket-region': 'eu-west-1' } },
        'The bucket images is not in us-east-1: set AWS_REGION to eu-west-1',
      ],
      [
        'an expired session token',
        { status: 400, code: 'ExpiredToken' },
        'The credentials have expired: run aws sso login, or set AWS_SESSION_TOKEN and its key anew',
      ],
      [
        'a session token of another key',
        { status: 400, code: 'InvalidToken' },
        'ENDPOINT refuses the credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key of its own',
      ],
      [
        'a policy without permissions',
        { status: 403, code: 'AccessDenied' },
        'The credentials may not use the bucket images: npm run admin -- provision --policies prints what they need',
      ],
    ];
    // Messages of Garage ("forbidden" in the signature check of its API).
    for (const said of ['Forbidden: Invalid signature', 'Forbidden: No such key: GK0123456789abcdef']) {
      it(`a key that Garage refuses by AccessDenied: ${said}`, async () => {
        await using bucket = await bucketOfItsOwn();
        const answer: S3ErrorAnswer = { status: 403, code: 'AccessDenied', message: said };
        await using front = await startStoreFront({ to: server.s3.url, answer: (_, out) => sendS3Error(out, answer) });
        assert.equal(
          await toldBy({ ...openOptions(bucket), endpoint: front.url }),
          `${front.url} refuses the credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key of its own`,
        );
      });
    }

    for (const [name, error, sentence] of AMAZON) {
      it(`${name}, as reported by Amazon`, async () => {
        await using bucket = await bucketOfItsOwn();
        await using front = await startStoreFront({ to: server.s3.url, answer: (_, out) => sendS3Error(out, error) });
        const options = { ...openOptions(bucket), bucket: 'images', endpoint: front.url };
        assert.equal(await toldBy(options), sentence.replace('ENDPOINT', front.url));
      });
    }
  });

  describe('warns', { concurrency: true }, () => {
    const BLOCKED = publicAccessBlock(S3_PROFILES.ceph);
    /** Stores whose lifecycle rules are tested elsewhere. */
    const CEPH = [...S3_PROFILES.ceph, 'lifecycle'] as const;
    const GARAGE = [...S3_PROFILES.garage, 'lifecycle'] as const;

    it('about public access until it is blocked', async () => {
      await using bucket = await bucketOfItsOwn();
      const expected = `Public access to the bucket ${bucket.name} is not blocked completely: run npm run admin -- provision`;
      const options = { ...openOptions(bucket), lacks: CEPH };
      assert.deepEqual(await warningsOf(options), [expected]);
      const half = { ...BLOCKED, IgnorePublicAcls: false };
      for (const [block, warnings] of [
        [half, [expected]],
        [BLOCKED, []],
      ] as const) {
        const input = { Bucket: bucket.name, PublicAccessBlockConfiguration: block };
        await bucket.client.send(new PutPublicAccessBlockCommand(input));
        assert.deepEqual(await warningsOf(options), warnings);
      }
    });

    it('about a block that makes this store refuse objects', async () => {
      await using bucket = await bucketOfItsOwn();
      const input = { Bucket: bucket.name, PublicAccessBlockConfiguration: { ...BLOCKED, BlockPublicAcls: true } };
      await bucket.client.send(new PutPublicAccessBlockCommand(input));
      assert.match(
        (await warningsOf(openOptions(bucket))).join(),
        /not blocked completely: run npm run admin -- provision/,
      );
    });

    it('not about public access that the store cannot block', async () => {
      await using bucket = await bucketOfItsOwn();
      assert.deepEqual(await warningsOf({ ...openOptions(bucket), lacks: GARAGE }), []);
    });

    it('about a clock that is off by a minute or more, and continues', async () => {
      await using bucket = await bucketOfItsOwn();
      const options = { ...openOptions(bucket), lacks: GARAGE };
      const off = (seconds: number) => ({
        now: () => new Date(Date.now() + seconds * 1000),
        elapsedMs: () => performance.now(),
      });
      assert.match(
        (await warningsOf({ ...options, clock: off(-90) })).join(),
        /^This machine's clock is \d+ seconds behind/,
      );
      assert.deepEqual(await warningsOf({ ...options, clock: off(30) }), []);
    });

    it('about versions that it may not query', async () => {
      await using bucket = await bucketOfItsOwn();
      await using front = await startStoreFront({
        to: server.s3.url,
        answer: ({ url }, outgoing) =>
          url?.includes('versioning') ? sendS3Error(outgoing, { status: 403, code: 'AccessDenied' }) : 'left',
      });
      const options = {
        ...openOptions(bucket),
        endpoint: front.url,
        lacks: ['public-access-block', 'lifecycle'] as const,
      };
      assert.match(
        (await warningsOf(options)).join(),
        /Could not read whether the bucket .* keeps versions, which would outlive a delete/,
      );
      assert.deepEqual(await warningsOf({ ...options, lacks: ['public-access-block', 'versioning', 'lifecycle'] }), []);
    });

    it('not about versions that it removes', async () => {
      await using bucket = await bucketOfItsOwn();
      const VersioningConfiguration = { Status: 'Enabled' } as const;
      await bucket.client.send(new PutBucketVersioningCommand({ Bucket: bucket.name, VersioningConfiguration }));
      const lacks = ['public-access-block', 'lifecycle'] as const;
      assert.deepEqual(await warningsOf({ ...openOptions(bucket), lacks }), []);
    });
  });

  describe('checks the lifecycle rules', { concurrency: true }, () => {
    const configure = ({ client, name }: TestBucket, rule: Partial<LifecycleRule>) => {
      const Rules = [{ ID: 'one', Status: 'Enabled' as const, ...rule }];
      const input = { Bucket: name, LifecycleConfiguration: { Rules } };
      return client.send(new PutBucketLifecycleConfigurationCommand(input));
    };
    const opened = async (options: OpenOptions) => {
      const warnings: string[] = [];
      const lacks = [...options.lacks, 'public-access-block'] as const;
      const observe = hearing('warning', ({ sentence }) => warnings.push(sentence));
      await using store = await openStore({ ...options, lacks, observe });
      return { incomingListing: store.incomingListing, warnings };
    };
    /** Answers the requests for lifecycle rules in the store's place. */
    const frontWith = (error: S3ErrorAnswer) =>
      startStoreFront({
        to: server.s3.url,
        answer: ({ url }, out) => (url?.includes('lifecycle') ? sendS3Error(out, error) : 'left'),
      });

    it('and accepts one that removes uploads in time', async () => {
      await using bucket = await bucketOfItsOwn();
      await configure(bucket, { Filter: { Prefix: 'incoming/' }, Expiration: { Days: 14 } });
      assert.deepEqual(await opened(openOptions(bucket)), { incomingListing: 'never', warnings: [] });
    });

    for (const [what, rule, words] of [
      [
        'removes uploads too early',
        { Filter: { Prefix: 'incoming/' }, Expiration: { Days: 13 } },
        'incoming/ after 13 days',
      ],
      ['has an empty prefix', { Filter: { Prefix: '' }, Expiration: { Days: 365 } }, 'every key after 365 days'],
      ['has the old form', { Prefix: 'images/', Expiration: { Days: 365 } }, 'images/ after 365 days'],
      [
        'has a filter by tag',
        { Filter: { Tag: { Key: 'kind', Value: 'temporary' } }, Expiration: { Days: 1 } },
        'every key after 1 day',
      ],
    ] as const) {
      it(`and refuses to open if one ${what}, with the command to run`, async () => {
        await using bucket = await bucketOfItsOwn();
        await configure(bucket, rule);
        assert.equal(
          await toldBy(openOptions(bucket)),
          `The lifecycle rules of the bucket ${bucket.name} would remove objects that the service needs: one (removes ${words}). Run npm run admin -- provision: it corrects its own rules, and names other rules that you must change`,
        );
        assert.equal(await toldBy({ ...openOptions(bucket), lacks: [...S3_PROFILES.ceph, 'lifecycle'] }), 'opened');
      });
    }

    it('and warns if one aborts uploads in parts that may still go on', async () => {
      await using bucket = await bucketOfItsOwn();
      const rule = { Filter: { Prefix: 'incoming/' }, Expiration: { Days: 14 } };
      await configure(bucket, { ...rule, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } });
      assert.deepEqual((await opened(openOptions(bucket))).warnings, []);
      assert.deepEqual(await opened({ ...openOptions(bucket), uploadPartsHours: 21 }), {
        incomingListing: 'never',
        warnings: [
          `The lifecycle rules of the bucket ${bucket.name} may abort uploads in parts before 21 hours (UPLOAD_PARTS_HOURS) have passed: one (after 1 day). Run npm run admin -- provision, which corrects its own rules, and change other rules to at least 2 days; or set a smaller UPLOAD_PARTS_HOURS`,
        ],
      });
    });

    it('and warns if none removes leftovers of uploads, which are then listed occasionally', async () => {
      await using bucket = await bucketOfItsOwn();
      const warnings = [
        `No lifecycle rule of the bucket ${bucket.name} removes leftovers under incoming/, so the service lists them every 6 hours: run npm run admin -- provision`,
      ];
      assert.deepEqual(await opened(openOptions(bucket)), { incomingListing: 'seldom', warnings });
      await configure(bucket, { Filter: { Prefix: 'logs/' }, Expiration: { Days: 1 } });
      assert.deepEqual(await opened(openOptions(bucket)), { incomingListing: 'seldom', warnings });
      await using front = await frontWith({ status: 501, code: 'NotImplemented' });
      const options = { ...openOptions(bucket), endpoint: front.url };
      assert.deepEqual(await opened(options), { incomingListing: 'seldom', warnings });
      const told = { ...options, lacks: [...options.lacks, 'lifecycle'] as const };
      assert.deepEqual(await opened(told), { incomingListing: 'seldom', warnings: [] });
    });

    it('and warns if it may not read them, and assumes that they are as provision creates them', async () => {
      await using bucket = await bucketOfItsOwn();
      await using front = await frontWith({ status: 403, code: 'AccessDenied' });
      const { incomingListing, warnings } = await opened({ ...openOptions(bucket), endpoint: front.url });
      assert.equal(incomingListing, 'never');
      assert.match(
        warnings.join(),
        /^Could not read whether the lifecycle rules .*: npm run admin -- provision --policies prints the needed policy/,
      );
    });
  });
});

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import {
  DeleteBucketCommand,
  HeadBucketCommand,
  PutBucketAclCommand,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { createBucket, type TestBucket } from '../../../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../../../test/servers/ceph.ts';
import { type S3ForTests, s3ForTests } from '../../../../../../test/servers/s3-for-tests.ts';
import { S3_PROFILES } from '../../../object-store/s3/capabilities.ts';
import { addressOf } from '../../../object-store/s3/s3-harness.fixture.ts';
import { makeCertificate, sendS3Error, startStoreFront } from '../../../object-store/s3/store-front.fixture.ts';
import type { S3Config } from '../../../run/config/s3-config.ts';
import type { Outcome } from '../make-right.ts';
import { stateOf } from './bucket-state.fixture.ts';
import { lacksSetting } from './lacked.ts';
import { type ProvisionBucketOptions, provisionBucket } from './provision-bucket.ts';

const APP = 'https://app.example.org';

type Options = Partial<Omit<ProvisionBucketOptions, 's3'>> & { readonly s3?: Partial<S3Config> };

/** Provisions a bucket with the settings of these tests, unless overridden. */
const provision = (bucket: Pick<TestBucket, 's3' | 'name'>, { s3 = {}, ...options }: Options = {}) =>
  provisionBucket({
    s3: { ...addressOf(bucket), ...s3 },
    awsKeys: bucket.s3,
    origins: ['http://localhost:*', APP],
    presignedSeconds: 300,
    uploadPartsHours: 20,
    queue: null,
    mode: 'apply',
    ...options,
  });

const run = async (...asked: Parameters<typeof provision>) => (await provision(...asked)).outcomes;

const changesIn = (outcomes: readonly Outcome[]): string[] =>
  outcomes.flatMap((one) => (one.kind === 'compared' ? one.difference : []));

const leftOut = (outcomes: readonly Outcome[]): string[] =>
  outcomes.flatMap((one) => (one.kind === 'compared' ? one.except : `${one.aspect}: ${one.why}`));

/** Simulates the parts of a bucket configuration that S3 has and Ceph lacks, with the responses of Amazon. */
function amazonsOwn(kept: Map<string, string>, missing: Readonly<Record<string, string>>) {
  return (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { searchParams } = new URL(incoming.url ?? '', 'http://store');
    const part = Object.keys(missing).find((one) => searchParams.has(one));
    if (part === undefined) return 'left';
    const document = kept.get(part);
    if (incoming.method === 'PUT') void text(incoming).then((body) => outgoing.end(void kept.set(part, body)));
    else if (document === undefined) sendS3Error(outgoing, { status: 404, code: missing[part] ?? '' });
    else outgoing.writeHead(200, { 'Content-Type': 'application/xml' }).end(document);
    return 'answered';
  };
}

describe('npm run admin -- provision', { skip: NO_CEPH, concurrency: true }, () => {
  let server: S3ForTests;
  before(async () => {
    server = await s3ForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  const bucketOfItsOwn = () => createBucket(server.s3);

  /** A free bucket name; a bucket that is created under it is removed. */
  async function freeName() {
    const { s3 } = server;
    const client = new S3Client({ endpoint: s3.url, region: s3.region, credentials: s3, forcePathStyle: true });
    const name = `test-${randomUUID()}`;
    return {
      name,
      s3,
      client,
      async [Symbol.asyncDispose]() {
        await client.send(new DeleteBucketCommand({ Bucket: name })).catch(() => undefined);
        client.destroy();
      },
    };
  }

  it('creates a missing bucket, and changes nothing the second time', async () => {
    await using bucket = await freeName();
    const first = await run(bucket);
    assert.deepEqual(changesIn(first).slice(0, 1), [`none -> ${bucket.name} in us-east-1`]);
    const made = await stateOf(bucket);
    assert.deepEqual(changesIn(await run(bucket)), []);
    assert.deepEqual(await stateOf(bucket), made);
  });

  it('reports in a dry run what it would change, and changes nothing', async () => {
    await using bucket = await bucketOfItsOwn();
    const before = await stateOf(bucket);
    const told = changesIn(await run(bucket, { mode: 'dry-run' }));
    assert.deepEqual(await stateOf(bucket), before);
    assert.deepEqual(told, changesIn(await run(bucket)), 'expected the changes of the next run');
    assert.deepEqual(changesIn(await run(bucket, { mode: 'dry-run' })), []);
  });

  it('reports in a dry run all changes for a missing bucket, and creates none', async () => {
    await using bucket = await freeName();
    const told = changesIn(await run(bucket, { mode: 'dry-run' }));
    await assert.rejects(bucket.client.send(new HeadBucketCommand({ Bucket: bucket.name })), { name: 'NotFound' });
    assert.deepEqual(told, changesIn(await run(bucket)));
  });

  it('names the features that the store lacks', async () => {
    await using bucket = await bucketOfItsOwn();
    assert.deepEqual(leftOut(await run(bucket)), [
      'BlockPublicAcls: this store would then take no objects; public ACLs are ignored instead',
      'objects owned by the bucket owner: this store lacks ownership-controls',
      'encrypted by default: this store lacks encryption',
      'TLS only: the store is reached without TLS',
    ]);
    const garage = leftOut(await run(bucket, { s3: { lacks: [...S3_PROFILES.garage, 'cors', 'lifecycle'] } }));
    assert.deepEqual(
      garage.map((line) => line.split(': this store lacks ')[1]),
      ['public-access-block', 'ownership-controls', 'encryption', 'bucket-policy', 'cors', 'lifecycle'],
    );
  });

  it('names a feature that the store refuses, and does the rest', async () => {
    await using bucket = await bucketOfItsOwn();
    await using front = await startStoreFront({
      to: server.s3.url,
      answer: ({ url }, outgoing) =>
        url?.includes('cors') ? sendS3Error(outgoing, { status: 501, code: 'NotImplemented' }) : 'left',
    });
    const outcomes = await run(bucket, { s3: { endpoint: front.url } });
    assert.ok(leftOut(outcomes).includes('CORS: the store says NotImplemented'));
    assert.equal((await stateOf(bucket)).lifecycle.length, 3);
  });

  it('detects the features that a store lacks, even in a dry run', async () => {
    await using bucket = await bucketOfItsOwn();
    await using front = await startStoreFront({
      to: server.s3.url,
      answer: ({ url }, outgoing) =>
        url?.includes('cors') ? sendS3Error(outgoing, { status: 501, code: 'NotImplemented' }) : 'left',
    });
    assert.deepEqual((await provision(bucket, { mode: 'dry-run' })).lacked, []);
    for (const mode of ['dry-run', 'apply'] as const) {
      assert.deepEqual((await provision(bucket, { mode, s3: { endpoint: front.url } })).lacked, ['cors']);
    }
  });

  describe('on a store with the features of MinIO', () => {
    /** The configurations that MinIO rejects (its "rejectedBucketAPIs"), and encryption, for lack of a key server. */
    const REFUSED = ['publicAccessBlock', 'ownershipControls', 'encryption'];

    /** Drops AbortIncompleteMultipartUpload, as MinIO's parser does, and keeps the rest. */
    async function minio() {
      let kept: string | undefined;
      const answer = (incoming: IncomingMessage, outgoing: ServerResponse) => {
        const { searchParams } = new URL(incoming.url ?? '', 'http://store');
        const isRefused = REFUSED.some((one) => searchParams.has(one));
        if (isRefused || (searchParams.has('cors') && incoming.method === 'PUT')) {
          return sendS3Error(outgoing, { status: 501, code: 'NotImplemented' });
        }
        if (searchParams.has('cors')) return sendS3Error(outgoing, { status: 404, code: 'NoSuchCORSConfiguration' });
        if (!searchParams.has('lifecycle')) return 'left';
        if (incoming.method === 'PUT') {
          void text(incoming).then((body) => {
            kept = body.replace(/<AbortIncompleteMultipartUpload>.*?<\/AbortIncompleteMultipartUpload>/gs, '');
            outgoing.end();
          });
          return 'answered';
        }
        if (kept === undefined) return sendS3Error(outgoing, { status: 404, code: 'NoSuchLifecycleConfiguration' });
        outgoing.writeHead(200, { 'Content-Type': 'application/xml' }).end(kept);
        return 'answered';
      };
      return startStoreFront({ to: server.s3.url, answer });
    }

    it('changes nothing the second time, with its profile', async () => {
      await using bucket = await bucketOfItsOwn();
      await using front = await minio();
      const s3 = { endpoint: front.url, lacks: S3_PROFILES.minio };
      const first = await provision(bucket, { s3 });
      assert.deepEqual(
        changesIn(first.outcomes).map((line) => line.split(' under ')[0]),
        ['objects', 'noncurrent versions', 'noncurrent versions', 'noncurrent versions'],
      );
      assert.ok(leftOut(first.outcomes).includes('unfinished uploads: this store lacks abort-multipart'));
      const second = await provision(bucket, { s3, mode: 'dry-run' });
      assert.deepEqual([changesIn(second.outcomes), first.lacked, second.lacked], [[], [], []]);
    });

    it('reports settings that are not kept, changes nothing the second time, and names the missing features', async () => {
      await using bucket = await bucketOfItsOwn();
      await using front = await minio();
      const asked = { s3: { endpoint: front.url, lacks: [] }, waitMs: 0 };
      for (const changes of [4, 0]) {
        const { outcomes, lacked } = await provision(bucket, asked);
        assert.equal(changesIn(outcomes).length, changes, changesIn(outcomes).join());
        const unkept = leftOut(outcomes).filter((line) => line.endsWith(': the store took this and does not show it'));
        assert.deepEqual(
          unkept.map((line) => line.split(' go ')[0]),
          ['incoming/', 'images/', 'renditions/'].map((prefix) => `unfinished uploads under ${prefix}`),
        );
        const needs = ['public-access-block', 'ownership-controls', 'encryption', 'cors', 'abort-multipart'] as const;
        assert.equal(lacksSetting(lacked), lacksSetting(needs));
      }
    });
  });

  it('blocks public access, while the store still accepts objects', async () => {
    await using bucket = await bucketOfItsOwn();
    const at = { Bucket: bucket.name, Key: 'incoming/u/k' };
    const anonymous = async () => (await fetch(`${server.s3.url}/${bucket.name}/${at.Key}`)).status;
    await bucket.client.send(new PutObjectCommand({ ...at, Body: 'x', ACL: 'public-read' }));
    assert.equal(await anonymous(), 200);
    await run(bucket);
    assert.equal(await anonymous(), 403);
    await bucket.client.send(new PutObjectCommand({ ...at, Body: 'x', ACL: 'public-read' }));
    await bucket.client.send(new PutBucketAclCommand({ Bucket: bucket.name, ACL: 'public-read' }));
    assert.equal(await anonymous(), 403);
    const forAll = {
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::${bucket.name}/*`,
    };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [forAll] });
    await assert.rejects(bucket.client.send(new PutBucketPolicyCommand({ Bucket: bucket.name, Policy })), {
      name: 'AccessDenied',
    });
  });

  it('lets pages of the origins send preflights, read and upload, and exposes ETag and Location to them', async () => {
    await using bucket = await bucketOfItsOwn();
    await run(bucket);
    const preflight = (origin: string, method: string) =>
      fetch(`${server.s3.url}/${bucket.name}/incoming/u/k`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'content-type' },
      });
    for (const method of ['GET', 'HEAD', 'PUT', 'POST']) {
      const answer = await preflight('http://localhost:5173', method);
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('access-control-allow-origin'), 'http://localhost:5173');
      assert.equal(answer.headers.get('access-control-expose-headers'), 'ETag,Location');
      assert.equal(answer.headers.get('access-control-allow-headers'), 'content-type');
    }
    assert.equal((await preflight(APP, 'PUT')).status, 200);
    assert.equal((await preflight(APP, 'DELETE')).status, 403);
    for (const origin of ['https://evil.example', 'http://localhost.evil.example', `${APP}.evil.example`]) {
      assert.equal((await preflight(origin, 'PUT')).status, 403, origin);
    }
  });

  it('removes uploads after 14 days, and unfinished uploads and noncurrent versions after one', async () => {
    await using bucket = await bucketOfItsOwn();
    await run(bucket);
    const rule = (name: string) => ({
      ID: `safelight-${name}`,
      Status: 'Enabled',
      Filter: { Prefix: `${name}/` },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
    });
    const { lifecycle } = await stateOf(bucket);
    assert.deepEqual(
      lifecycle.toSorted((one, other) => (one.ID ?? '').localeCompare(other.ID ?? '')),
      [rule('images'), { ...rule('incoming'), Expiration: { Days: 14 } }, rule('renditions')],
    );
  });

  it('removes unfinished uploads under incoming/ later if they may last longer', async () => {
    await using bucket = await bucketOfItsOwn();
    await run(bucket);
    const later = { uploadPartsHours: 30 };
    assert.deepEqual(changesIn(await run(bucket, later)), ['unfinished uploads under incoming/ go after 2 days']);
    assert.deepEqual(changesIn(await run(bucket, later)), []);
    const { lifecycle } = await stateOf(bucket);
    const days = lifecycle.map(
      (one) => `${one.Filter?.Prefix} ${one.AbortIncompleteMultipartUpload?.DaysAfterInitiation}`,
    );
    assert.deepEqual(days.toSorted(), ['images/ 1', 'incoming/ 2', 'renditions/ 1']);
  });

  it('keeps the rules of others, and removes a rule of its own that is no longer needed', async () => {
    await using bucket = await bucketOfItsOwn();
    const Bucket = bucket.name;
    const cors = { ID: 'other', AllowedMethods: ['GET'], AllowedOrigins: ['https://other.example.org'] };
    const byTag = {
      ID: 'by-tag',
      Status: 'Enabled' as const,
      Filter: { And: { Prefix: 'logs/', Tags: [{ Key: 'a', Value: 'b' }] } },
      Expiration: { Days: 30 },
    };
    const oldForm = { ID: 'old-form', Status: 'Enabled' as const, Prefix: 'logs/', Expiration: { Days: 9 } };
    const stale = {
      ID: 'safelight-stale',
      Status: 'Enabled' as const,
      Filter: { Prefix: 'stale/' },
      Expiration: { Days: 1 },
    };
    await bucket.client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [cors] } }));
    await bucket.client.send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket,
        LifecycleConfiguration: { Rules: [byTag, oldForm, stale] },
      }),
    );
    assert.ok(changesIn(await run(bucket)).includes('no rule safelight-stale'));

    const state = await stateOf(bucket);
    assert.deepEqual(
      state.cors.find(({ ID }) => ID === 'other'),
      cors,
    );
    const {
      Prefix: ofTag,
      Tags: [Tag],
    } = byTag.Filter.And;
    assert.deepEqual(
      state.lifecycle.find(({ ID }) => ID === 'by-tag'),
      { ...byTag, Filter: { Prefix: ofTag, Tag } }, // as Ceph answers it
    );
    const { Prefix, ...rest } = oldForm;
    assert.deepEqual(
      state.lifecycle.find(({ ID }) => ID === 'old-form'),
      { ...rest, Filter: { Prefix } },
    );
    assert.deepEqual([state.cors.length, state.lifecycle.length], [2, 5]);
    assert.deepEqual(changesIn(await run(bucket)), []);
  });

  it('names a rule of others that would remove objects of the service, and changes no rule', async () => {
    await using bucket = await bucketOfItsOwn();
    const Rules = [
      { ID: 'tidy', Status: 'Enabled' as const, Filter: { Prefix: '' }, Expiration: { Days: 30 } },
      { ID: 'safelight-stale', Status: 'Enabled' as const, Filter: { Prefix: 'stale/' }, Expiration: { Days: 1 } },
    ];
    const configuration = { Bucket: bucket.name, LifecycleConfiguration: { Rules } };
    await bucket.client.send(new PutBucketLifecycleConfigurationCommand(configuration));
    const { lifecycle } = await stateOf(bucket);
    for (const mode of ['dry-run', 'apply'] as const) {
      await assert.rejects(run(bucket, { mode }), {
        code: 'unavailable',
        detail: `The bucket ${bucket.name} has lifecycle rules of others that would remove objects of the service: tidy (removes every key after 30 days). Remove them or give them other prefixes, and run this again`,
      });
    }
    assert.deepEqual((await stateOf(bucket)).lifecycle, lifecycle);
  });

  it('corrects its own rule if somebody let it remove uploads after a day', async () => {
    await using bucket = await bucketOfItsOwn();
    await run(bucket);
    const { lifecycle } = await stateOf(bucket);
    const Rules = lifecycle.map((rule) => (rule.Expiration ? { ...rule, Expiration: { Days: 1 } } : rule));
    const configuration = { Bucket: bucket.name, LifecycleConfiguration: { Rules } };
    await bucket.client.send(new PutBucketLifecycleConfigurationCommand(configuration));
    assert.deepEqual(changesIn(await run(bucket)), ['objects under incoming/ go after 14 days']);
    assert.deepEqual(changesIn(await run(bucket)), []);
  });

  it('replaces the origins if the configuration changes', async () => {
    await using bucket = await bucketOfItsOwn();
    await run(bucket);
    assert.equal(changesIn(await run(bucket, { origins: [APP] })).length, 1);
    const { cors } = await stateOf(bucket);
    assert.deepEqual(
      cors.map(({ AllowedOrigins }) => AllowedOrigins),
      [[APP]],
    );
  });

  it('refuses requests without TLS if the store has TLS, and keeps the statements of others', async () => {
    await using bucket = await bucketOfItsOwn();
    await using certificate = await makeCertificate();
    await using front = await startStoreFront({ to: server.s3.url, certificate });
    const arn = `arn:aws:s3:::${bucket.name}`;
    const own = { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: [`${arn}/readonly/*`] };
    const Policy = JSON.stringify({ Version: '2012-10-17', Id: 'ours', Statement: own });
    await bucket.client.send(new PutBucketPolicyCommand({ Bucket: bucket.name, Policy }));

    const s3 = { endpoint: front.url, publicEndpoint: front.url, caBundle: certificate.path };
    assert.equal(changesIn(await run(bucket, { s3 })).filter((line) => line.includes('TlsOnly')).length, 1);
    const { policy } = await stateOf(bucket);
    const tls = {
      Sid: 'SafelightTlsOnly',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: [arn, `${arn}/*`],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    };
    assert.deepEqual(policy, { Version: '2012-10-17', Id: 'ours', Statement: [own, tls] });
    assert.deepEqual(changesIn(await run(bucket, { s3 })), []);
    const mixed = { ...s3, publicEndpoint: server.s3.url };
    assert.ok(leftOut(await run(bucket, { s3: mixed })).some((line) => line.startsWith('TLS only: ')));
  });

  it('enforces bucket ownership and encryption, in the format of Amazon, and keeps a KMS key', async () => {
    await using bucket = await bucketOfItsOwn();
    const kept = new Map<string, string>();
    const missing = {
      ownershipControls: 'OwnershipControlsNotFoundError',
      encryption: 'ServerSideEncryptionConfigurationNotFoundError',
    };
    await using front = await startStoreFront({ to: server.s3.url, answer: amazonsOwn(kept, missing) });
    const s3 = { endpoint: front.url, lacks: ['block-public-acls'] as const };
    const told = ['ObjectOwnership: none -> BucketOwnerEnforced', 'SSEAlgorithm: none -> AES256'];
    assert.deepEqual(changesIn(await run(bucket, { s3 })).slice(3, 5), told);
    assert.match(kept.get('ownershipControls') ?? '', /<ObjectOwnership>BucketOwnerEnforced</);
    assert.match(kept.get('encryption') ?? '', /<SSEAlgorithm>AES256</);
    assert.deepEqual(changesIn(await run(bucket, { s3 })), []);

    kept.set('encryption', (kept.get('encryption') ?? '').replace('AES256', 'aws:kms'));
    assert.deepEqual(changesIn(await run(bucket, { s3 })), []);
  });

  it('reports the remedy of a failure', async () => {
    await using bucket = await freeName();
    await using front = await startStoreFront({
      to: server.s3.url,
      answer: (_, outgoing) => sendS3Error(outgoing, { status: 403, code: 'AccessDenied' }),
    });
    const awsKeys = { ...server.s3, secretAccessKey: 'wrong' };
    await assert.rejects(run(bucket, { awsKeys }), {
      code: 'unavailable',
      detail: /refuses the credentials: set AWS_/,
    });
    await assert.rejects(run(bucket, { s3: { region: 'eu-nowhere-1' } }), {
      detail: 'The store has no region eu-nowhere-1: set AWS_REGION to one that it has',
    });
    await assert.rejects(run(bucket, { s3: { endpoint: front.url } }), {
      detail: /^The credentials may not change the bucket .* \(bucket: .*\): run this with an administrator's$/,
    });
    await run(bucket);
    await assert.rejects(run(bucket, { s3: { lacks: ['block-public-acls'] } }), {
      detail:
        /^The store says InvalidArgument \(objects owned by the bucket owner: .*\); if it can't do that, set S3_LACKS=block-public-acls,ownership-controls$/,
    });
  });
});

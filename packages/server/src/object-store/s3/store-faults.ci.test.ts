import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { NO_CEPH } from '../../../../../test/servers/ceph.ts';
import { startFront } from '../../../../../test/servers/front.ts';
import { s3ForTests } from '../../../../../test/servers/s3-for-tests.ts';
import { getBytes, incoming, original, putBytes, somePng } from '../sample-objects.fixture.ts';
import {
  createFrontedStore,
  createS3Harness,
  openOptions,
  openStore,
  type S3HarnessOptions,
} from './s3-harness.fixture.ts';
import { type StoreFrontOptions, sendS3Error, sendXml } from './store-front.fixture.ts';

const isDelete = ({ method, url = '' }: IncomingMessage): boolean => method === 'POST' && url.includes('?delete');

const VersioningConfiguration = { Status: 'Enabled' } as const;
const VERSIONED: S3HarnessOptions = {
  prepare: ({ client, name }) => client.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration })),
};

describe('S3 (Ceph) that fails once', { skip: NO_CEPH }, async () => {
  const server = s3ForTests();
  after(async () => (await server)[Symbol.asyncDispose]());

  const createFronted = async (answer: NonNullable<StoreFrontOptions['answer']>, options: S3HarnessOptions = {}) =>
    createFrontedStore((await server).s3, answer, options);

  it('gets a PUT again, with the whole body', async () => {
    let failures = 1;
    await using fronted = await createFronted((request, outgoing) => {
      if (request.method !== 'PUT' || failures === 0) return 'left';
      failures -= 1;
      request.resume();
      return sendS3Error(outgoing, { status: 500, code: 'InternalError' });
    });
    const bytes = somePng(300_000);
    await putBytes(fronted, original(), bytes);
    assert.deepEqual(await getBytes(fronted.direct.store, original()), bytes);
  });

  it('gets a PUT whose bytes take longer than an answer may', async () => {
    const { s3 } = await server;
    await using harness = await createS3Harness(s3);
    await using slow = await startFront(async ({ method }) => {
      if (method === 'PUT') await delay(2_000);
      return s3.url;
    });
    const timeouts = { connectMs: 60_000, answerMs: 1_500, idleMs: 60_000 };
    await using opened = await openStore({ ...openOptions(harness.bucket), endpoint: slow.url, timeouts });
    const bytes = somePng();
    await putBytes(opened, original(), bytes);
    assert.deepEqual(await getBytes(harness.store, original()), bytes);
  });

  it('deletes the objects that a successful answer reports as failed by another request', async () => {
    const [kept, other] = [original(1), original(2)];
    let failures = 1;
    await using fronted = await createFronted((request, outgoing) => {
      if (!isDelete(request) || failures === 0) return 'left';
      failures -= 1;
      request.resume();
      const error = `<Error><Key>${kept}</Key><Code>InternalError</Code></Error>`;
      return sendXml(outgoing, `<DeleteResult>${error}</DeleteResult>`);
    });
    for (const key of [kept, other]) await putBytes(fronted, key, somePng());
    await fronted.store.delete([kept, other]);
    assert.equal(await fronted.direct.store.head(kept), undefined);
    assert(await fronted.direct.store.head(other), 'the answer said that this one was deleted');
  });

  it('deletes the versions of a key on every page of their list', async () => {
    const key = incoming();
    const deleted: Promise<string>[] = [];
    await using fronted = await createFronted((request, outgoing) => {
      if (isDelete(request)) {
        deleted.push(text(request));
        return sendXml(outgoing, '<DeleteResult/>');
      }
      const { searchParams } = new URL(request.url ?? '', 'http://store');
      if (request.method !== 'GET' || !searchParams.has('versions')) return 'left';
      const isFirst = !searchParams.has('key-marker');
      const next = `<NextKeyMarker>${key}</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>`;
      const version = `<Version><Key>${key}</Key><VersionId>${isFirst ? 'v1' : 'v2'}</VersionId></Version>`;
      const page = `<IsTruncated>${isFirst}</IsTruncated>${isFirst ? next : ''}${version}`;
      return sendXml(outgoing, `<ListVersionsResult>${page}</ListVersionsResult>`);
    }, VERSIONED);
    await fronted.store.delete([key]);
    const asked = (await Promise.all(deleted)).join('');
    assert.deepEqual(
      [...asked.matchAll(/<VersionId>(.*?)<\/VersionId>/g)].map(([, version]) => version),
      ['v1', 'v2'],
    );
  });

  it('is asked for the rest of a range of which it sent less', async () => {
    const bytes = somePng(1_000);
    let entityTag: string | null = null;
    const asked: (string | undefined)[] = [];
    await using fronted = await createFronted(({ method, headers }, outgoing) => {
      if (method !== 'GET' || entityTag === null) return 'left';
      asked.push(headers.range);
      if (asked.length > 1) return 'left';
      outgoing.writeHead(206, { ETag: entityTag, 'Content-Range': 'bytes 100-299/1000', 'Content-Length': 200 });
      outgoing.end(bytes.subarray(100, 300));
      return 'answered';
    });
    entityTag = await putBytes(fronted, original(), bytes);
    const object = await fronted.store.get(original(), { range: { start: 100, end: 899 } });
    assert.deepEqual(Buffer.from(await new Response(object?.body).arrayBuffer()), bytes.subarray(100, 900));
    assert.deepEqual(asked, ['bytes=100-899', 'bytes=300-899']);
  });
});

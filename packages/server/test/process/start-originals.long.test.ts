import assert from 'node:assert/strict';
import { mkdtempDisposable, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { createBucket } from '../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { startFront } from '../../../../test/servers/front.ts';
import { s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { type StoreFrontOptions, sendS3Error, startStoreFront } from '../../src/object-store/s3/store-front.fixture.ts';
import { createCloud, joinCloud, NO_CLOUD } from '../services/cloud.ts';
import { runService, startService } from '../services/running-service.ts';
import { runWorkerIn } from '../services/running-worker.ts';
import { post } from '../services/service.ts';

const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

const temporaryFolder = () => mkdtempDisposable(join(tmpdir(), 'safelight-'));

interface Uploaded {
  readonly image_id: string;
  readonly s3_key: string;
}

/** Uploaded through a service that has ended when this resolves; in the order of their creation. */
async function uploadTo(folder: string, count: number, environment: Record<string, string> = {}): Promise<Uploaded[]> {
  await using service = await startService(environment, folder);
  const uploaded: Uploaded[] = [];
  for (let index = 0; index < count; index++) {
    const answer = await fetch(`${service.origin}/images/upload?user_id=me`, post(picture, 'image/jpeg'));
    assert.equal(answer.status, 200);
    uploaded.push((await answer.json()) as Uploaded);
  }
  return uploaded;
}

const objectsIn = (folder: string): string => join(folder, 'data/objects');

describe('npm start with objects in DATA_DIR', () => {
  it('ends with 1 and names DATA_DIR if no image has its bytes, and serves again once they are back', async () => {
    await using folder = await temporaryFolder();
    const uploaded = await uploadTo(folder.path, 8);
    await rename(objectsIn(folder.path), join(folder.path, 'elsewhere'));
    const { exitCode, output } = await runService(folder.path);
    assert.equal(exitCode, 1, output);
    assert.match(output, /^Safelight can't start\. Invalid configuration:\nDATA_DIR: expected [^\n]+\n$/m);
    assert.match(output, /has no bytes for 6 ready images, the oldest and the newest: /);
    for (const [index, { image_id }] of uploaded.entries())
      assert.equal(output.includes(image_id), index < 3 || index > 4, `${index}`);

    await rm(objectsIn(folder.path), { recursive: true });
    await rename(join(folder.path, 'elsewhere'), objectsIn(folder.path));
    await using service = await startService({}, folder.path);
    assert.doesNotMatch(service.output(), /bytes/);
    assert.equal((await fetch(`${service.origin}/images/${uploaded[0]?.image_id}`)).status, 200);
  });

  it('warns if some images have none, and serves the others', async () => {
    await using folder = await temporaryFolder();
    const [first, second] = await uploadTo(folder.path, 2);
    await rm(join(objectsIn(folder.path), first?.s3_key ?? ''));
    await using service = await startService({}, folder.path);
    assert.match(service.output(), new RegExp(`"level":40.*without bytes in the objects of \\S+: ${first?.image_id}"`));
    assert.equal((await fetch(`${service.origin}/images/${second?.image_id}`)).status, 200);
  });

  it('ignores deleted images, and starts without images', async () => {
    await using folder = await temporaryFolder();
    const [one] = await uploadTo(folder.path, 1);
    {
      await using service = await startService({}, folder.path);
      await fetch(`${service.origin}/images/${one?.image_id}`, { method: 'DELETE' });
    }
    await using service = await startService({}, folder.path);
    assert.doesNotMatch(service.output(), /bytes/);
  });
});

describe('npm start with a bucket', { skip: NO_CEPH }, () => {
  it('ends with 1 and names S3_BUCKET after a switch from disk, and serves once the objects are copied', async () => {
    await using server = await s3ForTests();
    await using bucket = await createBucket(server.s3);
    await using folder = await temporaryFolder();
    const [one] = await uploadTo(folder.path, 1);
    const { exitCode, output } = await runService(folder.path, environmentOf(server.s3, bucket.name));
    assert.equal(exitCode, 1, output);
    assert.match(
      output,
      new RegExp(`\nS3_BUCKET: expected [^\n]+; got the bucket ${bucket.name}, which has no bytes for 1 ready`),
    );
    assert.doesNotMatch(output, /listens on/);

    const Key = one?.s3_key ?? '';
    const Body = await readFile(join(objectsIn(folder.path), Key));
    await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body }));
    await using service = await startService(environmentOf(server.s3, bucket.name), folder.path);
    const served = await fetch(`${service.origin}/images/${one?.image_id}`);
    assert.deepEqual([served.status, await served.bytes()], [200, picture]);
  });

  for (const [what, answer, warning] of [
    [
      'fails to say',
      (_, outgoing) => sendS3Error(outgoing, { status: 500, code: 'InternalError' }),
      /"level":40.*(?:within 5 s|did not answer whether it has)/,
    ],
    [
      'is too slow to say',
      () => 'answered',
      /"level":40.*could not check whether recorded images have bytes within 5 s/,
    ],
  ] as const satisfies readonly (readonly [string, NonNullable<StoreFrontOptions['answer']>, RegExp])[]) {
    it(`warns if the store ${what} which images have bytes, and serves`, async () => {
      await using server = await s3ForTests();
      await using bucket = await createBucket(server.s3);
      await using folder = await temporaryFolder();
      await uploadTo(folder.path, 2, environmentOf(server.s3, bucket.name));
      await using front = await startStoreFront({
        to: server.s3.url,
        answer: (incoming, outgoing) =>
          incoming.method === 'HEAD' && incoming.url?.includes('/images/') ? answer(incoming, outgoing) : 'left',
      });
      const environment = { ...environmentOf(server.s3, bucket.name), AWS_ENDPOINT_URL: front.url };
      await using service = await startService(environment, folder.path);
      await until(async () => warning.test(service.output()));
      assert.equal((await fetch(`${service.origin}/images`)).status, 200);
    });
  }
});

describe('npm start with a table', { skip: NO_CLOUD }, () => {
  it('warns if the table fails to list images, and serves', async () => {
    await using cloud = await createCloud();
    await using folder = await temporaryFolder();
    await using front = await startFront(({ headers }, outgoing) => {
      if (!String(headers['x-amz-target']).endsWith('.Query')) return cloud.table.dynamo.url;
      outgoing.destroy();
      return undefined;
    });
    const environment = { ...cloud.environment, AWS_ENDPOINT_URL_DYNAMODB: front.url };
    await using service = await startService(environment, folder.path);
    await until(async () => /"level":40.*could not check whether recorded images have bytes/.test(service.output()));
    assert.equal((await fetch(`${service.origin}/health`)).status, 200);
  });
});

describe('npm run work', { skip: NO_CLOUD }, () => {
  it('ends with 1, too, if no image has its bytes', async () => {
    await using cloud = await createCloud();
    await using own = await joinCloud(cloud);
    assert.equal((await own.request('/images/upload?user_id=me', post(picture, 'image/jpeg'))).status, 200);
    await using other = await createBucket(cloud.bucket.s3);
    await using folder = await temporaryFolder();
    const { exitCode, output } = await runWorkerIn(folder.path, { ...cloud.environment, S3_BUCKET: other.name });
    assert.equal(exitCode, 1, output);
    assert.match(output, /^Safelight can't work\. Invalid configuration:\nS3_BUCKET: expected /m);
  });
});

const environmentOf = (
  s3: { readonly url: string; readonly accessKeyId: string; readonly secretAccessKey: string },
  bucket: string,
): Record<string, string> => ({
  S3_BUCKET: bucket,
  S3_PROFILE: 'ceph',
  AWS_ENDPOINT_URL: s3.url,
  AWS_ACCESS_KEY_ID: s3.accessKeyId,
  AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
});

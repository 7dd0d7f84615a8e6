import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { isInRun } from '../../../../scripts/test-tiers.ts';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { skipWithout } from '../../../../test/servers/installed.ts';
import { type OneEndpoint, startOneEndpoint } from '../../../../test/servers/one-endpoint.ts';
import { freeTableName } from '../../src/admin/provision/table/provisioned-table.fixture.ts';
import type { Image } from '../../src/domain/image/image.ts';
import { attributesOf, keySchemaOf } from '../../src/records/dynamodb/schema.ts';
import { createProvisionedBucket } from '../services/ceph-service.ts';
import { type Cloud, createCloud, joinCloud, NO_CLOUD } from '../services/cloud.ts';
import { runService, startService } from '../services/running-service.ts';
import { runWorkerIn } from '../services/running-worker.ts';
import { post } from '../services/service.ts';

const NO_CURL = skipWithout('bash', 'curl');
const CURL = join(import.meta.dirname, '../../../../examples/curl.sh');

/** The two pairs of variables of those services. */
const NAMES = [
  ['AWS_ENDPOINT_URL', 'AWS_REGION'],
  ['AWS_ENDPOINT', 'AWS_DEFAULT_REGION'],
] as const;

/** CI has each name without a table. */
const NAMES_WITH_TABLE = isInRun('long') ? NAMES : NAMES.slice(0, 1);

/** The layout of the earlier services' tables. */
const EARLIER_KEY = { partition: 'user_id', sort: 'image_id' } as const;
const EARLIER_TABLE = {
  KeySchema: keySchemaOf(EARLIER_KEY),
  AttributeDefinitions: attributesOf(EARLIER_KEY),
  GlobalSecondaryIndexes: undefined,
};

const temporaryFolder = () => mkdtempDisposable(join(tmpdir(), 'safelight-'));

const writeEnvironment = (folder: string, settings: Readonly<Record<string, string>>): Promise<void> =>
  writeFile(
    join(folder, '.env'),
    Object.entries(settings).map(([name, value]) => `${name}=${value}\n`),
  );

/** Asserts that examples/curl.sh passes, and that a URL has the configured bucket and lifetime; leaves one image. */
async function requireServed(folder: string, bucketUrl: string): Promise<Image['id']> {
  const file = join(folder, 'photo.jpg');
  const image = new Uint8Array(await testImage({ type: 'image/jpeg', width: 320, height: 240 }));
  await writeFile(file, image);
  await using service = await startService({}, folder);
  // A list examines for two seconds at most: on a busy machine the first image takes longer, because it starts a
  // decoder.
  const first = await fetch(`${service.origin}/images/upload?user_id=u`, post(image, 'image/jpeg'));
  assert.equal(first.status, 200);
  const { image_id } = (await first.json()) as { image_id: Image['id'] };
  const { stdout } = await promisify(execFile)('bash', [CURL, service.origin, file]);
  assert.match(stdout, /All \d+ answers are as expected/);

  const grant = await fetch(`${service.origin}/images/upload?user_id=u`, { method: 'POST' });
  const { upload_url } = (await grant.json()) as { upload_url: string };
  assert.ok(upload_url.startsWith(`${bucketUrl}/incoming/`), upload_url);
  assert.equal(new URL(upload_url).searchParams.get('X-Amz-Expires'), '123');
  return image_id;
}

describe('a .env of an earlier service, without a table', { skip: NO_CEPH || NO_CURL }, () => {
  for (const [endpoint, region] of NAMES) {
    it(`is sufficient for examples/curl.sh with images in S3: ${endpoint}, ${region}`, async () => {
      await using bucket = await createProvisionedBucket();
      await using folder = await temporaryFolder();
      const { s3 } = bucket;
      await writeEnvironment(folder.path, {
        [endpoint]: s3.url,
        [region]: s3.region,
        AWS_ACCESS_KEY_ID: s3.accessKeyId,
        AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
        S3_BUCKET: bucket.name,
        PRESIGNED_EXPIRATION: '123',
      });
      await requireServed(folder.path, `${s3.url}/${bucket.name}`);
    });
  }
});

describe('a .env of an earlier service, whole', { skip: NO_CLOUD || NO_CURL }, () => {
  for (const [endpoint, region] of NAMES_WITH_TABLE) {
    const environmentOf = ({ bucket }: Cloud, { url }: OneEndpoint) => ({
      [endpoint]: url,
      [region]: bucket.s3.region,
      AWS_ACCESS_KEY_ID: bucket.s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: bucket.s3.secretAccessKey,
      S3_BUCKET: bucket.name,
      PRESIGNED_EXPIRATION: '123',
    });

    it(`is sufficient for examples/curl.sh with a table of ours: ${endpoint}, ${region}`, async () => {
      await using cloud = await createCloud();
      await using one = await startOneEndpoint({ s3: cloud.bucket.s3, dynamo: cloud.table.dynamo });
      await using folder = await temporaryFolder();
      await writeEnvironment(folder.path, { ...environmentOf(cloud, one), DYNAMO_TABLE: cloud.table.name });
      const id = await requireServed(folder.path, `${one.url}/${cloud.bucket.name}`);
      await using own = await joinCloud(cloud);
      assert.equal((await own.services.images.get(id))?.status, 'ready');
    });

    it(`is refused because its table is another program’s, with the command that makes ours: ${endpoint}, ${region}`, async () => {
      await using cloud = await createCloud();
      await using one = await startOneEndpoint({ s3: cloud.bucket.s3, dynamo: cloud.table.dynamo });
      await using earlier = freeTableName(cloud.table.dynamo);
      await earlier.create(EARLIER_TABLE);
      await using folder = await temporaryFolder();
      await writeEnvironment(folder.path, { ...environmentOf(cloud, one), DYNAMO_TABLE: earlier.name });
      const ends = [await runService(folder.path), await runWorkerIn(folder.path)];
      for (const [index, program] of ['start', 'work'].entries()) {
        assert.equal(ends[index]?.exitCode, 1);
        const sentence = `^Safelight can't ${program}\\. The table ${earlier.name} has the keys user_id [^\\n]+, image_id [^\\n]+; set DYNAMO_TABLE to another name, and run npm run admin -- provision\\n$`;
        assert.match(ends[index]?.output ?? '', new RegExp(sentence, 'm')); // the bucket's warnings may come first
      }
    });
  }
});

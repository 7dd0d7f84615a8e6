import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { NO_CEPH } from '../../../test-servers/ceph.ts';
import { createProvisionedBucket } from './ceph-service.ts';
import { startService } from './running-service.ts';
import { post } from './service.ts';
import { testImage } from './test-images.ts';

const CURL = join(import.meta.dirname, '../../../examples/curl.sh');

describe('a .env of an earlier service, without a table', { skip: NO_CEPH }, () => {
  for (const [endpoint, region] of [
    ['AWS_ENDPOINT_URL', 'AWS_REGION'],
    ['AWS_ENDPOINT', 'AWS_DEFAULT_REGION'],
  ] as const) {
    it(`is all that examples/curl.sh needs to keep its images in S3: ${endpoint}, ${region}`, async () => {
      await using bucket = await createProvisionedBucket();
      await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
      const { s3 } = bucket;
      const settings = {
        [endpoint]: s3.url,
        [region]: s3.region,
        AWS_ACCESS_KEY_ID: s3.accessKeyId,
        AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
        S3_BUCKET: bucket.name,
        PRESIGNED_EXPIRATION: '123',
      };
      const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
      await writeFile(join(folder.path, '.env'), lines.join(''));
      const file = join(folder.path, 'photo.jpg');
      const image = new Uint8Array(await testImage({ type: 'image/jpeg', width: 320, height: 240 }));
      await writeFile(file, image);

      await using service = await startService({}, folder.path);
      // A list looks for two seconds at most: on a busy machine the first image takes longer, since it starts a decoder.
      const first = await fetch(`${service.origin}/images/upload?user_id=u`, post(image, 'image/jpeg'));
      assert.equal(first.status, 200);
      const { stdout } = await promisify(execFile)('bash', [CURL, service.origin, file]);
      assert.match(stdout, /All \d+ answers are as expected/);

      const grant = await fetch(`${service.origin}/images/upload?user_id=u`, { method: 'POST' });
      const { upload_url } = (await grant.json()) as { upload_url: string };
      assert.ok(upload_url.startsWith(`${s3.url}/${bucket.name}/incoming/`), upload_url);
      assert.equal(new URL(upload_url).searchParams.get('X-Amz-Expires'), '123');
    });
  }
});

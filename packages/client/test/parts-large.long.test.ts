import assert from 'node:assert/strict';
import { createCipheriv, hash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient, openFile } from '@safelight/client';
import sharp from 'sharp';
import { paddedPng, testImage } from '../../../test/pictures/test-images.ts';
import { NO_CEPH } from '../../../test/servers/ceph.ts';
import { NO_FAUXQS } from '../../../test/servers/fauxqs.ts';
import { temporaryFolder } from '../../server/test/faults/file-systems.ts';
import { startLambdaDeploymentIn } from '../../server/test/lambda/deployment.ts';
import { createProvisionedBucket, environmentOf } from '../../server/test/services/ceph-service.ts';
import { createCloud, NO_CLOUD } from '../../server/test/services/cloud.ts';
import { killAll, startService } from '../../server/test/services/running-service.ts';
import { startCuttingProxy } from './cutting-proxy.ts';

const MB = 1_048_576;
const SEED = Number(process.env['SEED'] ?? 20261202);
const CUT = { seed: SEED, share: 1, fromBytes: MB, withinBytes: 20 * MB };
const LARGEST = { LOG_LEVEL: 'warn', MAX_UPLOAD_BYTES: String(512 * MB), MAX_TEMPORARY_MB: '2048' };

/** A scan: 50 megapixels of noise, 16 bits each of three colors. */
async function writeTiff(path: string): Promise<void> {
  const [width, height] = [8_600, 5_800];
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(
    Buffer.alloc(width * height * 6),
  );
  await sharp(new Uint16Array(noise.buffer, noise.byteOffset, noise.byteLength / 2), {
    raw: { width, height, channels: 3 },
  })
    .toColourspace('rgb16')
    .tiff({ compression: 'none' })
    .toFile(path);
}

async function writePng(path: string): Promise<void> {
  await writeFile(path, paddedPng(await testImage({ type: 'image/png', width: 64, height: 48 }), 60 * MB));
}

interface Network {
  /** What clients call the service. */
  readonly baseUrl: string;
  /** Bytes that clients have sent. */
  received(): number;
  cuts(): number;
}

/** Uploads both files, while the service is killed twice; returns how many bytes were sent for each byte of them. */
async function uploadAll(
  network: Network,
  { folder, killAt, restart }: { readonly folder: string; killAt: readonly number[]; restart(): Promise<void> },
): Promise<number> {
  const files = [join(folder, 'scan.tif'), join(folder, 'large.png')] as const;
  await writeTiff(files[0]);
  await writePng(files[1]);
  const opened = await Promise.all(files.map((file) => openFile(file)));
  const bytes = opened.reduce((sum, { size }) => sum + size, 0);
  assert.ok(opened[0] && opened[0].size > 285 * MB);
  const client = createClient({ baseUrl: network.baseUrl, userId: 'train' });
  const uploads = client.uploader({ folder: join(folder, 'queue') });
  await uploads.add(opened);
  const kills = (async () => {
    for (const at of killAt) {
      while (network.received() < at) await delay(20);
      await restart();
    }
  })();
  await uploads.whenIdle();
  await kills;
  const sums = uploads.items.map(({ state, image, error }) => [state, image?.sha256, error?.code]);
  await uploads.close();
  const expected = await Promise.all(files.map(async (file) => hash('sha256', await readFile(file))));
  assert.deepEqual(
    sums,
    expected.map((sum) => ['ready', sum, undefined]),
  );
  assert.ok(network.cuts() >= 10, `${network.cuts()} cuts`);
  return network.received() / bytes;
}

describe(`a scan of 300 MB and a picture of 60 MB from a train (SEED=${SEED})`, () => {
  it('arrive on disk, with 15 % more bytes at most, though the service is killed twice', async (t) => {
    await using folder = await temporaryFolder();
    const place = join(folder.path, 'service');
    await mkdir(place);
    let service = await startService(LARGEST, place);
    const environment = { ...LARGEST, PORT: new URL(service.origin).port };
    await using proxy = await startCuttingProxy(service.origin, CUT);
    const ratio = await uploadAll(
      { ...proxy, baseUrl: proxy.origin },
      {
        folder: folder.path,
        killAt: [90 * MB, 220 * MB],
        async restart() {
          await killAll(service);
          service = await startService(environment, place);
        },
      },
    );
    await service[Symbol.asyncDispose]();
    t.diagnostic(`${ratio.toFixed(3)} bytes were sent for each`);
    assert.ok(ratio <= 1.15, `${ratio}`);
  });

  it('arrive in a bucket, with 50 % more bytes at most', { skip: NO_CEPH }, async (t) => {
    await using folder = await temporaryFolder();
    const place = join(folder.path, 'service');
    await mkdir(place);
    await using bucket = await createProvisionedBucket();
    await using store = await startCuttingProxy(bucket.s3.url, CUT);
    const settings = { ...LARGEST, ...environmentOf(bucket), S3_PUBLIC_ENDPOINT_URL: store.origin };
    let service = await startService(settings, place);
    const environment = { ...settings, PORT: new URL(service.origin).port };
    const ratio = await uploadAll(
      { ...store, baseUrl: service.origin },
      {
        folder: folder.path,
        killAt: [90 * MB, 220 * MB],
        async restart() {
          await killAll(service);
          service = await startService(environment, place);
        },
      },
    );
    await service[Symbol.asyncDispose]();
    t.diagnostic(`${ratio.toFixed(3)} bytes were sent for each`);
    assert.ok(ratio <= 1.5, `${ratio}`);
  });

  it('arrive in a bucket through functions, with 50 % more bytes at most', {
    skip: NO_CLOUD || NO_FAUXQS,
  }, async (t) => {
    await using folder = await temporaryFolder();
    await using cloud = await createCloud();
    await using store = await startCuttingProxy(cloud.bucket.s3.url, CUT);
    const { MAX_UPLOAD_BYTES, MAX_TEMPORARY_MB } = LARGEST;
    const sizes = { MAX_UPLOAD_BYTES, MAX_TEMPORARY_MB };
    await using functions = await startLambdaDeploymentIn(cloud, { ...sizes, S3_PUBLIC_ENDPOINT_URL: store.origin });
    const ratio = await uploadAll(
      { ...store, baseUrl: functions.origin },
      { folder: folder.path, killAt: [], restart: async () => undefined },
    );
    assert.deepEqual(functions.failures(), []);
    t.diagnostic(`${ratio.toFixed(3)} bytes were sent for each`);
    assert.ok(ratio <= 1.5, `${ratio}`);
  });
});

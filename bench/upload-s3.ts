import { get } from 'node:http';
import { createBucket, type TestBucket } from '../test/servers/bucket.ts';
import { s3ForTests } from '../test/servers/s3-for-tests.ts';
import { IMAGE_BYTES, largeImage, requireLargeImages, sendLargeImage } from './large-image.ts';
import { answerTo } from './load.ts';
import { judge, type Measurement, megabytes } from './measurement.ts';
import { growthWhile, ownNode } from './memory.ts';
import { startService } from './program.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 3;
const AT_ONCE = 20;

/** Growth of the API process while 20 images of 50 MB in S3 are verified and as many are read through it. */
export async function uploadS3(): Promise<readonly Measurement[]> {
  await using server = await s3ForTests();
  const image = await largeImage();
  const growths: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await using bucket = await createBucket(server.s3);
    growths.push(await finalizeAndRead(bucket, image));
  }
  return [
    judge(`upload-s3, ${AT_ONCE} of 50 MB verified and ${AT_ONCE} read at once: growth of the API process`, growths, {
      unit: megabytes,
      goal: { atMost: 100 * 1_048_576 },
    }),
  ];
}

async function finalizeAndRead({ name, s3 }: TestBucket, image: Buffer): Promise<number> {
  await using folder = await temporaryFolder();
  const environment = {
    S3_BUCKET: name,
    S3_PROFILE: 'ceph',
    FINALIZE_ON_READ: 'off',
    AWS_ENDPOINT_URL: s3.url,
    AWS_REGION: s3.region,
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
  };
  const start = () => startService({ folder: folder.path, command: ownNode(folder.path), environment });
  const complete = (origin: string, id: string) =>
    answerTo(origin, { method: 'POST', path: `/images/${id}/complete`, json: {} });

  const ids: string[] = [];
  {
    await using service = await start();
    for (let sent = 0; sent <= AT_ONCE; sent++) ids.push(await sendLargeImage(service.origin, image));
    await complete(service.origin, ids[0] ?? '');
  }
  const [ready = '', ...arrived] = ids;
  await using service = await start();
  const { growth } = await growthWhile(service.id, async () => {
    const read = Array.from({ length: AT_ONCE }, () => readAll(`${service.origin}/images/${ready}`));
    await Promise.all([...read, ...arrived.map((id) => complete(service.origin, id))]);
  });
  await requireLargeImages(service.origin, ids.length);
  return growth;
}

/** As discarded bytes. */
const readAll = (url: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const asked = get(url, { agent: false }, (response) => {
      let bytes = 0;
      response
        .on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        })
        .once('error', reject)
        .once('end', () => (bytes === IMAGE_BYTES ? resolve() : reject(new Error(`expected 50 MB; got ${bytes}`))));
    });
    asked.once('error', reject);
  });

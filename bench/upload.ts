import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { paddedPng } from '../packages/server/test/test-images.ts';
import { answerTo } from './load.ts';
import { judge, type Measurement, megabytes } from './measurement.ts';
import { memoryOf, ownNode, settled } from './memory.ts';
import { startService } from './program.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 3;
const UPLOADS = 20;
const IMAGE_BYTES = 50 * 1_048_576;
const SAMPLE_MS = 20;

/** Growth of the API process while 20 images of 50 MB come in at once and are verified. */
export async function upload(): Promise<readonly Measurement[]> {
  const image = await largeImage();
  const growths: Growth[] = [];
  for (let round = 0; round < ROUNDS; round++) growths.push(await growth(image));
  return [
    judge(
      `upload, ${UPLOADS} of 50 MB at once: growth of the API process`,
      growths.map(({ all }) => all),
      {
        unit: megabytes,
        goal: { atMost: 100 * 1_048_576 },
      },
    ),
    judge(
      'upload, received and verified a second',
      growths.map(({ bytesPerSecond }) => bytesPerSecond),
      { unit: megabytes },
    ),
  ];
}

interface Growth {
  readonly all: number;
  readonly bytesPerSecond: number;
}

async function growth(image: Buffer): Promise<Growth> {
  await using folder = await temporaryFolder();
  await using service = await startService({ folder: folder.path, command: ownNode(folder.path) });
  const idle = await settled(async () => (await memoryOf(service.id)).all);
  const anonymousIdle = (await memoryOf(service.id)).anonymous;
  let peak = idle;
  let anonymousPeak = anonymousIdle;

  const done = new AbortController();
  const sampling = (async () => {
    while (!done.signal.aborted) {
      const { all, anonymous } = await memoryOf(service.id);
      peak = Math.max(peak, all);
      anonymousPeak = Math.max(anonymousPeak, anonymous);
      await delay(SAMPLE_MS);
    }
  })();
  const start = performance.now();
  await Promise.all(Array.from({ length: UPLOADS }, () => uploadOne(service.origin, image)));
  const seconds = (performance.now() - start) / 1000;
  done.abort();
  await sampling;
  await requireReady(service.origin);
  // The decode processes share the program's pages, which takes from `all`: the private memory alone may have grown more.
  return {
    all: Math.max(peak - idle, anonymousPeak - anonymousIdle),
    bytesPerSecond: (UPLOADS * image.length) / seconds,
  };
}

/** Noise without compression: every byte of the file is a part of a pixel that must be decoded. */
async function largeImage(): Promise<Buffer> {
  const [width, height] = [4_096, 4_250];
  const raw = { width, height, channels: 3 as const };
  const png = await sharp(randomBytes(width * height * 3), { raw })
    .png({ compressionLevel: 0 })
    .toBuffer();
  return paddedPng(png, IMAGE_BYTES);
}

const OWNER = 'ada';

async function uploadOne(origin: string, image: Buffer): Promise<void> {
  const json = { user_id: OWNER, content_type: 'image/png', filename: 'noise.png' };
  const granted = await answerTo(origin, { method: 'POST', path: '/images/upload', json });
  const { upload_url, headers } = JSON.parse(granted.toString()) as {
    upload_url: string;
    headers: Record<string, string>;
  };
  const status = await put(upload_url, headers, image);
  if (status !== 200) throw new Error(`expected 200 to an upload; came ${status}`);
}

const put = (url: string, headers: Readonly<Record<string, string>>, body: Buffer): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method: 'PUT', headers: { ...headers, 'Content-Length': body.length }, agent: false });
    sent.once('error', reject).once('response', (response) => {
      response
        .resume()
        .once('error', reject)
        .once('end', () => resolve(response.statusCode));
    });
    sent.end(body);
  });

async function requireReady(origin: string): Promise<void> {
  const listed = await answerTo(origin, { method: 'GET', path: `/images?user_id=${OWNER}` });
  const { images } = JSON.parse(listed.toString()) as { images: { size: number }[] };
  const whole = images.filter(({ size }) => size === IMAGE_BYTES);
  if (whole.length !== UPLOADS) throw new Error(`expected ${UPLOADS} ready images of 50 MB; came ${whole.length}`);
}

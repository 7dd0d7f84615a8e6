import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import sharp from 'sharp';
import { paddedPng } from '../test/pictures/test-images.ts';
import { answerTo } from './load.ts';

export const IMAGE_BYTES = 50 * 1_048_576;
const OWNER = 'ada';

/** Uncompressed noise: every byte of the file is part of a pixel that must be decoded. */
export async function largeImage(): Promise<Buffer> {
  const [width, height] = [4_096, 4_250];
  const raw = { width, height, channels: 3 as const };
  const png = await sharp(randomBytes(width * height * 3), { raw })
    .png({ compressionLevel: 0 })
    .toBuffer();
  return paddedPng(png, IMAGE_BYTES);
}

/** Sends it to a presigned URL; returns its id. */
export async function sendLargeImage(origin: string, image: Buffer): Promise<string> {
  const json = { user_id: OWNER, content_type: 'image/png', filename: 'noise.png' };
  const granted = await answerTo(origin, { method: 'POST', path: '/images/upload', json });
  const { image_id, upload_url, headers } = JSON.parse(granted.toString()) as {
    image_id: string;
    upload_url: string;
    headers: Record<string, string>;
  };
  const status = await put(upload_url, headers, image);
  if (status !== 200) throw new Error(`expected 200 to an upload; got ${status}`);
  return image_id;
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

export async function requireLargeImages(origin: string, count: number): Promise<void> {
  const listed = await answerTo(origin, { method: 'GET', path: `/images?user_id=${OWNER}` });
  const { images } = JSON.parse(listed.toString()) as { images: { size: number }[] };
  const whole = images.filter(({ size }) => size === IMAGE_BYTES);
  if (whole.length !== count) throw new Error(`expected ${count} ready images of 50 MB; got ${whole.length}`);
}

import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { before, describe, it } from 'node:test';
import sharp from 'sharp';
import { decompressionBomb, paddedPng, testImage } from '../../../../test/pictures/test-images.ts';
import { json, ORIGIN, post } from '../services/service.ts';
import { createFlooded, type FloodedService } from './flooded.ts';

/** Jobs that run at once: as many as there are cores. The order of service begins behind them. */
const RUNNING = availableParallelism();
/** Fewer than may wait for a decoder (imaging/create-imaging.ts), so that none is refused for want of a place. */
const [BOMBS, REFUSED, RENDERS] = [5 * RUNNING, 24 * RUNNING, 24 * RUNNING];
const OWN = 3;

/** 49 gray megapixels: 0.2 MB that take a decoder a quarter of a second. */
const createBomb = (): Promise<Buffer> =>
  sharp({ create: { width: 7_000, height: 7_000, channels: 3, background: 'gray' } })
    .toColourspace('b-w')
    .png({ compressionLevel: 1 })
    .toBuffer();

/** Each serial number makes another file, so that no hash is known. */
const numbered = (png: Buffer, serial: number) => new Uint8Array(paddedPng(png, png.length + 12 + serial));

const upload = (service: FloodedService, key: string, bytes: Uint8Array<ArrayBuffer>): Promise<Response> =>
  service.as(key, '/images/upload', post(bytes, 'image/png'));

/** The jobs of the flood before the last one of the other user. */
const floodServedFirst = ({ decoded }: FloodedService): number =>
  decoded.slice(0, decoded.lastIndexOf('own')).filter((whose) => whose === 'flood').length;

describe('while one user floods the decoders', () => {
  let bomb: Buffer;
  let small: Buffer;
  before(async () => {
    [bomb, small] = await Promise.all([createBomb(), testImage({ type: 'image/png', width: 40, height: 30 })]);
  });

  const flood = (service: FloodedService, times: number, request: (serial: number) => Promise<Response>) =>
    Array.from({ length: times }, (_, serial) => service.note('flood', request(serial)));
  const uploadOwn = (service: FloodedService, file: Buffer) =>
    Promise.all(
      Array.from({ length: OWN }, (_, serial) =>
        service.note('own', upload(service, service.ada, numbered(file, BOMBS + REFUSED + serial))),
      ),
    );

  it('with images that take long, all three uploads of another are examined after those that run', async () => {
    await using service = await createFlooded();
    service.holdUntilAdaWaits(OWN);
    const bombs = flood(service, BOMBS, (serial) => upload(service, service.mallory, numbered(bomb, serial)));
    assert.deepEqual(await uploadOwn(service, small), [200, 200, 200]);
    assert.ok(floodServedFirst(service) <= 2 * RUNNING, `${floodServedFirst(service)} bombs`);
    assert.deepEqual(new Set(await Promise.all(bombs)), new Set([200]));
  });

  it('with images that are refused, the uploads of another take turns with them', async () => {
    await using service = await createFlooded();
    const refused = decompressionBomb();
    service.holdUntilAdaWaits(OWN);
    const bombs = flood(service, REFUSED, (serial) => upload(service, service.mallory, numbered(refused, serial)));
    // Refused as fast as the flood: beside a slow one of hers the flood could end.
    assert.deepEqual(await uploadOwn(service, refused), [400, 400, 400]);
    assert.ok(floodServedFirst(service) <= (REFUSED * 3) / 4, `${floodServedFirst(service)} bombs`);
    assert.deepEqual(new Set(await Promise.all(bombs)), new Set([400]));
  });

  it('with renders, the single render of an image of another user is made after those that run', async () => {
    await using service = await createFlooded();
    const photo = numbered(await testImage({ type: 'image/png', width: 1_600, height: 1_200 }), 0);
    const urlOf = async (key: string): Promise<(w: number) => Promise<string>> => {
      const { image_id } = (await (await upload(service, key, photo)).json()) as { image_id: string };
      return async (w) => {
        const linked = await service.as(key, `/images/${image_id}/render-url`, json({ w }));
        return ((await linked.json()) as { url: string }).url.slice(ORIGIN.length);
      };
    };
    const [theirs, own] = [await urlOf(service.mallory), await urlOf(service.ada)];
    const urls = await Promise.all(Array.from({ length: RENDERS }, (_, index) => theirs(400 + index)));
    const ownUrl = await own(400);
    service.holdUntilAdaWaits(1);
    const renders = flood(service, RENDERS, (serial) => service.request(urls[serial] ?? ''));
    assert.equal(await service.note('own', service.request(ownUrl)), 200);
    assert.ok(floodServedFirst(service) <= RENDERS / 2, `${floodServedFirst(service)} renders`);
    assert.deepEqual(new Set(await Promise.all(renders)), new Set([200]));
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { MEDIA_TYPES } from '../../src/domain/image/media-type.ts';
import type { Imaging } from '../../src/imaging/imaging.ts';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { post, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

interface Told {
  readonly download_url: string;
  readonly expires_at: string;
  readonly content_type: string;
  readonly size: number;
}

const pathOf = (id: string, query = ''): string => `/images/${id}/download?format=jpeg${query}`;

async function told(service: TestService, id: string, query = ''): Promise<Told> {
  const answer = await service.request(pathOf(id, query));
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return JSON.parse(text) as Told;
}

async function bytesAt(service: TestService, { download_url }: Told): Promise<Buffer> {
  const answer = await service.send(download_url);
  assert.equal(answer.status, 200);
  return Buffer.from(await answer.arrayBuffer());
}

const jpegOf = async (service: TestService, id: string): Promise<Buffer> => bytesAt(service, await told(service, id));

async function uploadBytes(service: TestService, type: string, image: Sharp): Promise<string> {
  const bytes = new Uint8Array(await image.toBuffer());
  const answer = await service.request('/images/upload?filename=a.b', post(bytes, type, { 'X-User-Id': 'ada' }));
  return ((await answer.json()) as { image_id: string }).image_id;
}

/** The color of one pixel. */
async function colorAt(jpeg: Buffer, left: number, top: number): Promise<number[]> {
  return [...(await sharp(jpeg).extract({ left, top, width: 1, height: 1 }).raw().toBuffer())];
}

function assertNear(got: readonly number[], expected: readonly number[]): void {
  const off = Math.max(...expected.map((value, index) => Math.abs(value - (got[index] ?? -99))));
  assert.ok(off <= 6, `expected about ${expected}; got ${got}`);
}

const keyOf = ({ download_url }: Told): string => new URL(download_url).pathname;

const renditionsOf = async (service: TestService): Promise<string[]> =>
  (await service.storedFiles()).filter((path) => path.includes('/renditions/'));

const codeOf = async (answer: Response): Promise<unknown> => ((await answer.json()) as { code: unknown }).code;

const solid = (width: number, height: number, background: string): Sharp =>
  sharp({ create: { width, height, channels: background.length > 7 ? 4 : 3, background } });

describe('a JPEG in full size', () => {
  for (const type of MEDIA_TYPES)
    it(`of ${type} has the size of the original, and its own name and type`, async () => {
      await using service = await createSharingService();
      const id = await uploadPicture(service, { type, width: 90, height: 50 });
      const made = await told(service, id);
      assert.deepEqual(Object.keys(made), ['download_url', 'expires_at', 'content_type', 'size']);
      const direct = await service.send(made.download_url);
      assert.equal(direct.headers.get('content-type'), 'image/jpeg');
      assert.equal(
        direct.headers.get('content-disposition')?.split(';', 2).join(';'),
        'attachment; filename="my.holiday.jpg"',
      );
      const bytes = Buffer.from(await direct.arrayBuffer());
      assert.deepEqual([made.content_type, made.size], ['image/jpeg', bytes.length]);
      const { format, width, height } = await sharp(bytes).metadata();
      assert.deepEqual([format, width, height], ['jpeg', 90, 50]);
    });

  it('may have more than 4,096 pixels a side, which no transform may', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, { type: 'image/png', width: 5_001, height: 8 });
    const { width, height } = await sharp(await jpegOf(service, id)).metadata();
    assert.deepEqual([width, height], [5_001, 8]);
  });

  it('is upright, without EXIF and profile, also of a JPEG', async () => {
    await using service = await createSharingService();
    for (const [orientation, corner] of [
      [1, [0, 0]],
      [2, [39, 0]],
      [4, [0, 19]],
      [6, [19, 0]],
      [8, [0, 39]],
    ] as const) {
      const spot = await solid(8, 8, '#ff0000').png().toBuffer();
      const image = solid(40, 20, '#ffffff').composite([{ input: spot, gravity: 'northwest' }]);
      const file = image.jpeg({ chromaSubsampling: '4:4:4' }).withIccProfile('p3').withMetadata({ orientation });
      const id = await uploadBytes(service, 'image/jpeg', file);
      const jpeg = await jpegOf(service, id);
      const { exif, icc, xmp, width, height, ...others } = await sharp(jpeg).metadata();
      assert.deepEqual([exif, icc, xmp, others.orientation], [undefined, undefined, undefined, undefined]);
      assert.deepEqual([width, height], orientation > 4 ? [20, 40] : [40, 20]);
      const [left, top] = corner;
      const [red = 0, green = 255] = await colorAt(jpeg, left, top);
      assert.ok(red > 240 && green < 20, `orientation ${orientation}: got ${red}, ${green}`);
    }
  });

  it('is in sRGB: a Display P3 color is converted, not relabelled', async () => {
    await using service = await createSharingService();
    const file = solid(32, 32, '#c04020').png().withIccProfile('p3');
    const jpeg = await jpegOf(service, await uploadBytes(service, 'image/png', file));
    assertNear(await colorAt(jpeg, 16, 16), [192, 64, 32]);
  });

  it('shows white behind transparency, and the first frame of an animation', async () => {
    await using service = await createSharingService();
    const half = solid(32, 32, '#0000ff80').png();
    assertNear(
      await colorAt(await jpegOf(service, await uploadBytes(service, 'image/png', half)), 16, 16),
      [127, 127, 255],
    );
    const gray = sharp(Buffer.alloc(64 * 2), { raw: { width: 8, height: 8, channels: 2 } }).png();
    assertNear(await colorAt(await jpegOf(service, await uploadBytes(service, 'image/png', gray)), 4, 4), [255]);
    const frames = await Promise.all(['#ff0000', '#00ff00'].map((color) => solid(16, 16, color).png().toBuffer()));
    const film = sharp(frames, { join: { animated: true } }).gif();
    const jpeg = await jpegOf(service, await uploadBytes(service, 'image/gif', film));
    assert.deepEqual([(await sharp(jpeg).metadata()).height], [16]);
    assertNear(await colorAt(jpeg, 8, 8), [254, 0, 0]);
  });

  it('is made once for all requests, and stored as a free rendition', async () => {
    let renders = 0;
    const wrapImaging = (imaging: Imaging): Imaging => ({
      ...imaging,
      render: (source, outputs, options) => {
        renders += 1;
        return imaging.render(source, outputs, options);
      },
    });
    await using service = await createSharingService({ overrides: { wrapImaging } });
    const id = await uploadPicture(service, { type: 'image/png', width: 300, height: 200 });
    const all = await Promise.all(Array.from({ length: 20 }, () => told(service, id)));
    const shown = await told(service, id, '&disposition=inline');
    assert.equal(new Set([...all, shown].map(keyOf)).size, 1);
    assert.match(keyOf(shown), new RegExp(`/renditions/[0-9a-f]{4}/${id}/free/`));
    assert.match((await service.send(shown.download_url)).headers.get('content-disposition') ?? '', /^inline;/);
    assert.deepEqual([renders, (await renditionsOf(service)).length], [1, 1]);
  });

  it('is made anew if its object is gone, whatever this process remembers', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, { type: 'image/png', width: 300, height: 200 });
    const made = await told(service, id);
    const { objects } = service.services;
    const key = keyOf(made).slice(keyOf(made).indexOf('renditions/'));
    await objects.delete([key as never]); // as another process does, which keeps 64 of them
    assert.equal((await bytesAt(service, await told(service, id))).length, made.size);
    const purged = await service.request(`/images/${id}/renditions`, { method: 'DELETE' });
    assert.equal(((await purged.json()) as { removed: number }).removed, 1);
    assert.equal((await bytesAt(service, await told(service, id))).length, made.size);
  });

  it('is there with PRESETS_ONLY, because an image has but one', async () => {
    await using service = await createSharingService({ environment: { PRESETS_ONLY: 'true' } });
    const id = await uploadPicture(service, { type: 'image/png', width: 30, height: 20 });
    assert.equal((await sharp(await jpegOf(service, id)).metadata()).width, 30);
  });
});

describe('a request for a JPEG in full size that is refused', () => {
  it('says which format there is, and that it is named once', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, { type: 'image/png', width: 30, height: 20 });
    for (const [query, got] of [
      ['format=png', '"png"'],
      ['format=JPEG', '"JPEG"'],
      ['format=jpeg&format=jpeg', '2 values'],
    ] as const) {
      const answer = await service.request(`/images/${id}/download?${query}`);
      const { code, errors } = (await answer.json()) as { code: string; errors: unknown };
      assert.equal(code, 'invalid-request');
      assert.deepEqual(errors, [{ pointer: '?format', detail: `expected jpeg; got ${got}` }]);
    }
  });

  it('renders nothing: for another owner, of an image that is not ready, or in the trash', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, { type: 'image/png', width: 30, height: 20 });
    const foreign = await service.request(pathOf(id, '&user_id=bob'));
    assert.deepEqual([foreign.status, await codeOf(foreign)], [404, 'image-not-found']);
    assert.deepEqual(await renditionsOf(service), []);

    const { download_url } = await told(service, id);
    assert.equal((await service.request(`/images/${id}/trash`, { method: 'POST' })).status, 200);
    assert.equal(await codeOf(await service.request(pathOf(id))), 'image-not-found');
    assert.equal((await service.send(download_url)).status, 404);
    assert.equal((await service.request(`/images/${id}/restore`, { method: 'POST' })).status, 200);
    await told(service, id);
    await service.request(`/images/${id}`, { method: 'DELETE' });
    assert.equal(await codeOf(await service.request(pathOf(id))), 'image-not-found');
    assert.deepEqual(await renditionsOf(service), []);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp, { type Sharp, type TiffOptions } from 'sharp';
import { heicBytes } from '../../pictures/heic-bytes.ts';
import { heicFile, heicImage, SRGB } from '../../pictures/heic-image.ts';
import type { Image } from '../answers.ts';
import { type Api, json, newUser } from '../api.ts';
import { DIRECT_FORMS } from '../forms.ts';
import { type Bytes, bytesOf, picture } from '../pictures.ts';
import { requireNear, requirePlaces, see } from '../seen.ts';

const SIZE = { width: 120, height: 80 };

/** One color, opaque on the right and transparent on the left if `alpha`. */
function plain(color: readonly [number, number, number], { alpha = false } = {}): Uint8Array {
  const channels = alpha ? 4 : 3;
  const pixels = new Uint8Array(SIZE.width * SIZE.height * channels);
  for (let at = 0; at < pixels.length; at += channels) {
    const isLeft = (at / channels) % SIZE.width < SIZE.width / 2;
    pixels.set(alpha ? [...color, isLeft ? 0 : 255] : color, at);
  }
  return pixels;
}

const RED = [200, 40, 30] as const;

/** Files of cameras and scanners: HEIC and TIFF. */
export const describeCameras = (api: Api): void => {
  const upload = (bytes: Bytes): Promise<Image> => api.upload(newUser(), bytes);
  const rendered = async ({ image_id }: Image, asked: object) =>
    see(await api.read((await api.link(image_id, asked)).url));

  describe('HEIC', () => {
    for (const type of ['image/heif', 'image/heic-sequence', 'IMAGE/HEIC'])
      it(`${type} counts as HEIC`, async () => {
        const bytes = await picture({ type: 'image/heic' });
        const image = await api.ask<Image>(...DIRECT_FORMS['a raw body']({ user: newUser(), bytes, type }));
        assert.equal(image.content_type, 'image/heic');
      });

    for (const [orientation, source] of [
      [3, (x: number, y: number) => [1 - x, 1 - y] as const],
      [6, (x: number, y: number) => [y, 1 - x] as const],
    ] as const)
      it(`is upright in renditions, turned by its own property as by EXIF orientation ${orientation}`, async () => {
        const image = await upload(await picture({ type: 'image/heic', width: 400, height: 200, orientation }));
        const isQuarter = orientation === 6;
        assert.deepEqual([image.width, image.height], isQuarter ? [200, 400] : [400, 200]);
        requirePlaces(await rendered(image, { w: 100, format: 'png' }), source);
      });

    it('of an EXIF orientation alone isn’t turned', async () => {
      const image = await upload(bytesOf(heicImage({ ...SIZE, pixels: plain(RED), exifOrientation: 6 })));
      assert.deepEqual([image.width, image.height], [SIZE.width, SIZE.height]);
    });

    it('of tiles with alpha is transparent where the alpha picture is', async () => {
      const pixels = plain(RED, { alpha: true });
      const image = await upload(bytesOf(heicImage({ ...SIZE, pixels, tile: { width: 64, height: 64 } })));
      const seen = await rendered(image, { w: 60, format: 'png' });
      assert.equal(seen.color(0.2, 0.5)[3], 0);
      requireNear(seen.color(0.8, 0.5), [...RED, 255], 9);
    });

    it('of tiles is shown whole, each tile at its place', async () => {
      const source = sharp(await picture({ width: 300, height: 200 }));
      const pixels = await source.removeAlpha().raw().toBuffer();
      const size = { width: 300, height: 200 };
      const image = await upload(bytesOf(heicImage({ ...size, pixels, tile: { width: 64, height: 64 } })));
      requirePlaces(await rendered(image, { w: 100, format: 'png' }), (x, y) => [x, y]);
    });

    it('of Display P3 is shown in sRGB', async () => {
      const gray = [128, 128, 128] as const;
      const nclx = { ...SRGB, primaries: 12 };
      const [red, neutral] = await Promise.all(
        [[200, 100, 100] as const, gray].map((color) =>
          upload(bytesOf(heicImage({ ...SIZE, chroma: '4:4:4', pixels: plain(color), nclx }))),
        ),
      );
      assert.ok(red && neutral);
      // The same light in sRGB, by the matrices of both.
      requireNear((await rendered(red, { format: 'png' })).mean, [214, 95, 96, 255], 4);
      requireNear((await rendered(neutral, { format: 'png' })).mean, [...gray, 255], 2);
    });

    it('with zeros over the data of a tile is refused, though decoders would show it', async () => {
      const file = heicFile({ ...SIZE, pixels: plain(RED), tile: { width: 64, height: 64 } });
      const [tile] = file.items;
      assert.ok(tile);
      tile.data.fill(0, 40, 60);
      const bytes = bytesOf(heicBytes(file));
      const sent = DIRECT_FORMS['a raw body']({ user: newUser(), bytes, type: 'image/heic' });
      await api.refused('unreadable-image', ...sent);
    });
  });

  describe('TIFF', () => {
    const tiff = async (image: Sharp, options: TiffOptions): Promise<Bytes> =>
      bytesOf(await image.tiff(options).toBuffer());
    const source = async () => sharp(await picture({ width: 200, height: 100 }));

    for (const compression of ['none', 'lzw', 'deflate', 'packbits', 'jpeg'] as const)
      it(`of compression ${compression} is shown`, async () => {
        const image = await upload(await tiff(await source(), { compression, quality: 95 }));
        assert.equal(image.content_type, 'image/tiff');
        requirePlaces(await rendered(image, { w: 100, format: 'png' }), (x, y) => [x, y]);
      });

    it('of 16 bits, CMYK, one bit and tiles is shown', async () => {
      const original = await source();
      for (const bytes of [
        await tiff(original.clone().toColorspace('rgb16'), { compression: 'lzw' }),
        await tiff(original.clone(), { compression: 'deflate', tile: true }),
      ])
        requirePlaces(await rendered(await upload(bytes), { w: 100, format: 'png' }), (x, y) => [x, y]);
      const muted = sharp({ create: { ...SIZE, channels: 3, background: '#786e64' } }).toColorspace('cmyk');
      const printed = await upload(await tiff(muted, { compression: 'lzw' }));
      requireNear((await rendered(printed, { format: 'png' })).mean, [0x78, 0x6e, 0x64, 255], 12);
      const fax = await upload(
        await tiff(original.clone().threshold().toColorspace('b-w'), { compression: 'ccittfax4', bitdepth: 1 }),
      );
      assert.deepEqual([fax.width, fax.height], [200, 100]);
    });

    it('with zeroed LZW data is refused', async () => {
      const bytes = await tiff(await source(), { compression: 'lzw' });
      bytes.fill(0, 200, 1_200);
      const sent = DIRECT_FORMS['a raw body']({ user: newUser(), bytes, type: 'image/tiff' });
      await api.refused('unreadable-image', ...sent);
    });
  });

  for (const type of ['image/heic', 'image/tiff'] as const)
    it(`no rendition of ${type} is HEIC or TIFF, whatever a client accepts`, async () => {
      const { image_id } = await upload(await picture({ type }));
      for (const accept of ['image/heic,image/tiff', '*/*', 'image/avif,image/heic']) {
        const { url } = await api.link(image_id, { w: 10 });
        const response = await api.send(url, { headers: { accept } });
        await response.arrayBuffer();
        assert.match(response.headers.get('content-type') ?? '', /^image\/(jpeg|png|webp|avif)$/);
      }
      for (const format of ['heic', 'tiff']) {
        await api.refused('invalid-request', `/images/${image_id}/render-url`, json({ format }), 'format');
      }
    });
};

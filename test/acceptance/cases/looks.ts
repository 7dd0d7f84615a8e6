import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import sharp from 'sharp';
import { thumbHashToApproximateAspectRatio, thumbHashToAverageRGBA, thumbHashToRGBA } from 'thumbhash';
import type { Image } from '../answers.ts';
import { type Api, newUser } from '../api.ts';
import { animation, type Bytes, bytesOf, halfTransparent, picture, SECRET, TYPES, talkative } from '../pictures.ts';
import { type Color, described, requireNear, requirePlaces, see } from '../seen.ts';

const FORMATS = ['jpeg', 'png', 'webp', 'avif'] as const;

/** For EXIF orientation n: the place in the stored image that is seen at x, y. */
const ORIENTATIONS: readonly ((x: number, y: number) => readonly [number, number])[] = [
  (x, y) => [x, y],
  (x, y) => [1 - x, y],
  (x, y) => [1 - x, 1 - y],
  (x, y) => [x, 1 - y],
  (x, y) => [y, x],
  (x, y) => [y, 1 - x],
  (x, y) => [1 - y, 1 - x],
  (x, y) => [1 - y, x],
];

const COLOR = '#dc3c28';
const [RED, GREEN, BLUE] = [0xdc, 0x3c, 0x28];

const plain = (channels: 3 | 4 = 3) => sharp({ create: { width: 120, height: 80, channels, background: COLOR } });

export const describeLooks = (api: Api): void => {
  const thumb = async (image: Image, accept = '*/*'): Promise<Bytes> =>
    api.read(image.renditions?.['thumb'] ?? '', { Accept: accept });
  const rendered = async ({ image_id }: Image, asked: object): Promise<Bytes> =>
    api.read((await api.link(image_id, asked)).url);
  const upload = (bytes: Bytes) => api.upload(newUser(), bytes);

  describe('A rendition', () => {
    for (const [index, source] of ORIENTATIONS.entries()) {
      it(`applies EXIF orientation ${index + 1}`, async () => {
        const stored = { type: 'image/jpeg', width: 400, height: 200, orientation: index + 1 } as const;
        const image = await upload(await picture(stored));
        for (const accept of ['*/*', 'image/webp', 'image/avif']) {
          const seen = await see(await thumb(image, accept));
          assert.deepEqual([seen.width, seen.height], index < 4 ? [256, 128] : [128, 256]);
          requirePlaces(seen, source, accept);
        }
      });
    }

    for (const [what, make] of [
      ['CMYK', () => plain().toColorspace('cmyk').jpeg({ quality: 95 })],
      ['Display P3', () => plain().withIccProfile('p3').jpeg({ quality: 95 })],
      ['Display P3 of 16 bits a channel', () => plain().withIccProfile('p3').toColorspace('rgb16').png()],
      ['16 bits a channel', () => plain().toColorspace('rgb16').png()],
      ['transparency', () => plain(4).png()],
    ] as const) {
      it(`converts ${what} to 8-bit sRGB of the same color`, async () => {
        const image = await upload(bytesOf(await make().toBuffer()));
        for (const format of FORMATS) {
          const bytes = await rendered(image, { w: 60, format });
          const { space, depth, channels } = await described(bytes);
          assert.deepEqual([space, depth], ['srgb', 'uchar'], format);
          assert.ok(channels === 3 || channels === 4, `${channels} channels`);
          // CMYK has a smaller gamut, and its colors are undefined without a profile
          requireNear((await see(bytes)).mean, [RED, GREEN, BLUE, 255], what === 'CMYK' ? 40 : 9, format);
        }
      });
    }

    it('keeps gray gray', async () => {
      const gray = sharp({ create: { width: 80, height: 60, channels: 3, background: '#6e6e6e' } });
      const image = await upload(bytesOf(await gray.toColorspace('b-w').png().toBuffer()));
      for (const format of FORMATS) {
        requireNear((await see(await rendered(image, { w: 40, format }))).mean, [110, 110, 110, 255], 3, format);
      }
    });

    it('keeps transparent pixels, and makes them white in JPEG', async () => {
      const image = await upload(await halfTransparent(COLOR));
      for (const format of FORMATS) {
        const seen = await see(await rendered(image, { w: 40, format }));
        requireNear(seen.color(0.8, 0.5), [RED, GREEN, BLUE, 255], 12, format);
        if (format === 'jpeg') requireNear(seen.color(0.2, 0.5), [255, 255, 255, 255], 12, format);
        else assert.equal(seen.color(0.2, 0.5)[3], 0, format);
      }
    });

    for (const type of ['image/gif', 'image/webp'] as const) {
      it(`keeps an animated ${type} with its timing in WebP, and shows its first frame in other formats`, async () => {
        const original = await animation(type);
        const image = await upload(original);
        const first = await see(original);
        for (const accept of ['image/webp', 'image/avif,image/webp,*/*']) {
          const bytes = await thumb(image, accept);
          const seen = await see(bytes);
          assert.deepEqual([seen.format, seen.frames, seen.width, seen.height], ['webp', 4, 60, 40]);
          const [came, was] = [await described(bytes), await described(original)];
          assert.deepEqual([came.delay, came.loop], [was.delay, was.loop]);
          for (let frame = 0; frame < 4; frame++) {
            requireNear(seen.color(0.5, 0.5, frame), first.color(0.5, 0.5, frame), 14, `frame ${frame}`);
          }
        }
        for (const format of ['jpeg', 'png', 'avif']) {
          const still = await see(await rendered(image, { format }));
          assert.equal(still.frames, 1, format);
          requireNear(still.color(0.5, 0.5), first.color(0.5, 0.5), 14, format);
        }
      });
    }
  });

  describe('Metadata of the original', () => {
    let image: Image;
    let original: Bytes;
    before(async () => {
      original = await talkative('image/jpeg', COLOR);
      image = await upload(original);
    });

    const MARKS = [SECRET, 'Exif', 'http://ns.adobe.com/xap', 'ICC_PROFILE', 'Photoshop 3.0', 'jumb', 'xmpmeta'];
    const found = (bytes: Bytes): string[] => {
      const text = Buffer.from(bytes).toString('latin1');
      return MARKS.filter((mark) => text.includes(mark));
    };

    const inAllFormats = (one: Image, asked: object): Promise<Bytes[]> =>
      Promise.all(FORMATS.map((format) => rendered(one, { ...asked, format })));
    const requireSilence = async (bytes: Bytes): Promise<void> => {
      const { format, exif, xmp, iptc, icc, comments, tifftagPhotoshop, orientation } = await described(bytes);
      assert.deepEqual(found(bytes), [], format);
      const told = { exif, xmp, iptc, icc, tifftagPhotoshop, comments: comments?.length || undefined };
      for (const [name, value] of Object.entries(told)) assert.equal(value, undefined, `${format}: ${name}`);
      assert.ok(orientation === undefined || orientation === 1);
      requireNear((await see(bytes)).mean, [RED, GREEN, BLUE, 255], 10, format);
    };

    it('is absent from renditions in all formats: EXIF, GPS, XMP, IPTC, C2PA, comments and color profile', async () => {
      assert.deepEqual(found(original), MARKS);
      const all = await Promise.all([
        ...['*/*', 'image/webp', 'image/avif'].map((accept) => thumb(image, accept)),
        inAllFormats(image, { w: 100 }),
        inAllFormats(image, {}),
      ]);
      for (const bytes of all.flat()) await requireSilence(bytes);
    });

    for (const type of ['image/png', 'image/webp', 'image/avif'] as const) {
      it(`is absent from renditions of an original in ${type}`, async () => {
        const source = await talkative(type, COLOR);
        const { exif, xmp, icc } = await described(source);
        assert.ok(exif && xmp && icc);
        const talking = await upload(source);
        for (const bytes of [await thumb(talking), ...(await inAllFormats(talking, { w: 100 }))])
          await requireSilence(bytes);
      });
    }

    it('stays in the original bytes', async () => {
      assert.deepEqual(await api.read(`/images/${image.image_id}`), original);
    });
  });

  describe('Placeholders', () => {
    const average = (placeholder: string | null): number[] => {
      const { r, g, b, a } = thumbHashToAverageRGBA(Buffer.from(placeholder ?? '', 'base64'));
      return [r, g, b, a].map((channel) => Math.round(channel * 255));
    };
    const fromHex = (hex: string | null): number[] => [...Buffer.from(hex?.slice(1) ?? '', 'hex')];
    const blended = ([red, green, blue]: Color): readonly number[] => [red, green, blue];

    it('the response to an upload, the metadata and each item of a list have a ThumbHash and a dominant color', async () => {
      const user = newUser();
      const images: Image[] = [];
      for (const type of TYPES) {
        images.unshift(await api.upload(user, await picture({ type, width: 300, height: 150 })));
      }
      const page = await api.listOf(
        { user_id: user },
        images.map((one) => one.image_id),
      );
      assert.deepEqual(page.images, images);
      for (const { placeholder, dominant_color, image_id, content_type } of images) {
        const alone = await api.metadata(image_id);
        assert.deepEqual([alone.placeholder, alone.dominant_color], [placeholder, dominant_color]);
        assert.match(dominant_color ?? '', /^#[\da-f]{6}$/, content_type);
        assert.ok(Buffer.from(placeholder ?? '', 'base64').length < 40, content_type);
      }
    });

    it('the ThumbHash has the colors, the aspect ratio and the orientation of the image', async () => {
      const bytes = await picture({ type: 'image/jpeg', width: 300, height: 100, orientation: 6 });
      const { placeholder } = await upload(bytes);
      const hash = Buffer.from(placeholder ?? '', 'base64');
      requireNear(average(placeholder), blended((await see(bytes)).mean), 12);
      const ratio = thumbHashToApproximateAspectRatio(hash);
      assert.ok(ratio < 0.6, `${ratio}`);
      const { w, h, rgba } = thumbHashToRGBA(hash);
      const at = (x: number, y: number): number[] => [...rgba.subarray((y * w + x) * 4, (y * w + x) * 4 + 2)];
      const [topRed = 0, topGreen = 0] = at(0, 0);
      const [bottomRed = 0, bottomGreen = 0] = at(w - 1, h - 1);
      // in the file red grows to the right and green grows downwards; after orientation 6 red grows downwards and green
      // to the left
      assert.ok(
        bottomRed > topRed + 100 && topGreen > bottomGreen + 20,
        [topRed, topGreen, bottomRed, bottomGreen].join(),
      );
    });

    it('the dominant color is the color of most opaque pixels', async () => {
      const most = sharp({ create: { width: 90, height: 60, channels: 3, background: COLOR } });
      const input = await sharp({ create: { width: 30, height: 60, channels: 3, background: '#2030f0' } })
        .png()
        .toBuffer();
      const bytes = bytesOf(
        await most
          .composite([{ input, left: 0, top: 0 }])
          .png()
          .toBuffer(),
      );
      for (const one of [bytes, await halfTransparent(COLOR)]) {
        const { dominant_color } = await upload(one);
        requireNear(fromHex(dominant_color), [RED, GREEN, BLUE], 6);
      }
    });

    it('the ThumbHash includes transparency', async () => {
      const { placeholder } = await upload(await halfTransparent(COLOR));
      const [, , , alpha = 255] = average(placeholder);
      assert.ok(alpha > 90 && alpha < 165, `${alpha}`);
    });

    it('a pending image has no placeholder, dominant color or renditions', async () => {
      const { image_id } = await api.grant({ user_id: newUser() });
      const { placeholder, dominant_color, renditions } = await api.metadata(image_id);
      assert.deepEqual([placeholder, dominant_color, renditions], [null, null, null]);
    });
  });
};

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Image } from '../answers.ts';
import { type Api, newUser } from '../api.ts';
import { animation, type Bytes, halfTransparent, lonelySpot, picture } from '../pictures.ts';
import { described, placeOf, requireNear, requirePlaces, type Seen, see } from '../seen.ts';

/** The size of the transformed photograph. */
const [WIDTH, HEIGHT] = [600, 400];

type Place = readonly [x: number, y: number];

interface Shown {
  readonly asked: object;
  readonly size: readonly [width: number, height: number];
  /** The place in the photograph that is seen at x, y; by default the same place. */
  readonly source?: (x: number, y: number) => Place;
}

const asItIs = (x: number, y: number): Place => [x, y];

/** The mapping for a result that shows only this part of the source, in fractions. */
const part =
  (left: number, top: number, width: number, height: number) =>
  (x: number, y: number): Place => [left + x * width, top + y * height];

const SHOWN: Readonly<Record<string, Shown>> = {
  'the size is unchanged without parameters': { asked: {}, size: [600, 400] },
  'w alone keeps the aspect ratio': { asked: { w: 300 }, size: [300, 200] },
  'h alone keeps the aspect ratio': { asked: { h: 100 }, size: [150, 100] },
  'w and h bound the result': { asked: { w: 300, h: 100 }, size: [150, 100] },
  'w and h over the size of the image do not enlarge it': { asked: { w: 2_000, h: 2_000 }, size: [600, 400] },
  'fit=inside is the default': { asked: { w: 200, h: 200, fit: 'inside' }, size: [200, 133] },
  'fit=cover fills the box and crops both ends equally': {
    asked: { w: 200, h: 200, fit: 'cover' },
    size: [200, 200],
    source: part(1 / 6, 0, 2 / 3, 1),
  },
  'fit=cover of a smaller image takes its largest part of that shape': {
    asked: { w: 1_000, h: 1_000, fit: 'cover' },
    size: [400, 400],
    source: part(1 / 6, 0, 2 / 3, 1),
  },
  'position=0,0.5 keeps the left side': {
    asked: { w: 200, h: 200, fit: 'cover', position: '0,0.5' },
    size: [200, 200],
    source: part(0, 0, 2 / 3, 1),
  },
  'position=1,1 keeps the right side': {
    asked: { w: 200, h: 200, fit: 'cover', position: '1,1' },
    size: [200, 200],
    source: part(1 / 3, 0, 2 / 3, 1),
  },
  'position=0.2,0.9 centers that point as far as possible': {
    asked: { w: 100, h: 200, fit: 'cover', position: '0.2,0.9' },
    size: [100, 200],
    source: part(0.2 - 1 / 6, 0, 1 / 3, 1),
  },
  'position=centre is the default': {
    asked: { w: 200, h: 200, fit: 'cover', position: 'centre' },
    size: [200, 200],
    source: part(1 / 6, 0, 2 / 3, 1),
  },
  'crop takes a region at its own size': {
    asked: { crop: '60,40,120,200' },
    size: [120, 200],
    source: part(0.1, 0.1, 0.2, 0.5),
  },
  'crop is applied before w and h': {
    asked: { crop: '300,200,300,200', w: 150 },
    size: [150, 100],
    source: part(0.5, 0.5, 0.5, 0.5),
  },
  'rotate=90 turns clockwise': { asked: { rotate: 90, w: 200 }, size: [200, 300], source: (x, y) => [y, 1 - x] },
  'rotate=180 turns upside down': {
    asked: { rotate: 180, w: 300 },
    size: [300, 200],
    source: (x, y) => [1 - x, 1 - y],
  },
  'rotate=270 turns counterclockwise': {
    asked: { rotate: 270, w: 200 },
    size: [200, 300],
    source: (x, y) => [1 - y, x],
  },
  'flip=h mirrors left and right': { asked: { flip: 'h', w: 300 }, size: [300, 200], source: (x, y) => [1 - x, y] },
  'flip=v mirrors top and bottom': { asked: { flip: 'v', w: 300 }, size: [300, 200], source: (x, y) => [x, 1 - y] },
  'flip=hv mirrors in both directions': {
    asked: { flip: 'hv', w: 300 },
    size: [300, 200],
    source: (x, y) => [1 - x, 1 - y],
  },
  'rotate is applied before flip': {
    asked: { rotate: 90, flip: 'h', w: 200 },
    size: [200, 300],
    source: (x, y) => [y, x],
  },
  'position is applied after crop, rotate and flip': {
    asked: { crop: '0,0,300,400', rotate: 90, flip: 'h', w: 100, h: 100, fit: 'cover', position: '0,0.5' },
    size: [100, 100],
    source: (x, y) => [y * 0.5, x * 0.75],
  },
  'dpr multiplies w and h': { asked: { w: 100, dpr: 2 }, size: [200, 133] },
  'dpr may be a fraction': {
    asked: { w: 100, h: 40, dpr: 1.5, fit: 'cover' },
    size: [150, 60],
    source: part(0, 0.2, 1, 0.6),
  },
  'dpr does not enlarge the image': { asked: { h: 300, dpr: 4 }, size: [600, 400] },
  'enlarge=1 lets w enlarge the image': { asked: { w: 1_200, enlarge: 1 }, size: [1_200, 800] },
  'enlarge=1 with fit=cover fills the whole box': {
    asked: { w: 800, h: 800, fit: 'cover', enlarge: 1 },
    size: [800, 800],
    source: part(1 / 6, 0, 2 / 3, 1),
  },
};

export const describeTransforms = (api: Api): void => {
  describe('Parameters of GET /images/{id}/render', () => {
    let photo: Image;
    before(async () => {
      const bytes = await picture({ type: 'image/jpeg', width: WIDTH, height: HEIGHT });
      photo = await api.upload(newUser(), bytes);
    });
    const renderOf = async ({ image_id }: Image, asked: object, accept = '*/*'): Promise<Bytes> =>
      api.read((await api.link(image_id, asked)).url, { Accept: accept });
    const seenOf = async (image: Image, asked: object): Promise<Seen> => see(await renderOf(image, asked));
    /** The mean difference of neighboring pixels. */
    const grain = (seen: Seen): number => {
      let sum = 0;
      for (let at = 0.1; at < 0.9; at += 0.02) {
        const [one, other] = [seen.pixel(at, 0.5), seen.pixel(at + 0.01, 0.5)];
        sum += one.reduce((total, value, channel) => total + Math.abs(value - (other[channel] ?? 0)), 0);
      }
      return sum;
    };

    for (const [name, { asked, size, source = asItIs }] of Object.entries(SHOWN)) {
      it(name, async () => {
        const seen = await seenOf(photo, asked);
        assert.deepEqual([seen.width, seen.height], size);
        requirePlaces(seen, source);
      });
    }

    it('fit=pad places the whole image at position on a canvas of w x h pixels in the background color', async () => {
      for (const [asked, left] of [
        [{ w: 300, h: 300, fit: 'pad', background: '00ff00' }, 0.5],
        [{ w: 300, h: 300, fit: 'pad', background: '0f0', position: '0.5,0' }, 0],
        [{ w: 300, h: 300, fit: 'pad', background: '00FF00FF', position: '0,1' }, 1],
      ] as const) {
        const seen = await seenOf(photo, { ...asked, format: 'png' });
        assert.deepEqual([seen.width, seen.height], [300, 300]);
        const top = (left * 100) / 300;
        requireNear(placeOf(seen.color(0.5, top + 0.1)), [0.5, 0.15], 0.06);
        requireNear(placeOf(seen.color(0.1, top + 1 / 3)), [0.1, 0.5], 0.06);
        for (const y of [0.02, 0.98]) {
          const isCanvas = y < top || y > top + 2 / 3;
          if (isCanvas) requireNear(seen.color(0.5, y), [0, 255, 0, 255], 2);
          else assert.ok((seen.color(0.5, y)[0] ?? 0) > 90);
        }
      }
    });

    it('fit=pad without a background is transparent, and white in JPEG', async () => {
      for (const format of ['png', 'webp', 'avif', 'jpeg'] as const) {
        const [red, green, blue, alpha] = (await seenOf(photo, { w: 90, h: 90, fit: 'pad', format })).color(0.5, 0.02);
        if (format === 'jpeg') requireNear([red, green, blue], [255, 255, 255], 12, format);
        else assert.equal(alpha, 0, format);
      }
    });

    it('fit=pad enlarges the canvas and not the image', async () => {
      const seen = await seenOf(photo, { w: 1_000, h: 1_000, fit: 'pad', format: 'png' });
      assert.deepEqual([seen.width, seen.height], [1_000, 1_000]);
      assert.equal(seen.color(0.19, 0.5)[3], 0);
      requireNear(placeOf(seen.color(0.25, 0.5)), [(0.25 - 0.2) / 0.6, 0.5], 0.06);
    });

    it('padding surrounds the result, which keeps its size', async () => {
      const asked = { w: 150, padding: '10,20,30,40', background: '00ff00', format: 'png' };
      const seen = await seenOf(photo, asked);
      assert.deepEqual([seen.width, seen.height], [150 + 60, 100 + 40]);
      for (const [x, y] of [
        [0.5, 0.02],
        [0.97, 0.5],
        [0.5, 0.9],
        [0.1, 0.5],
      ] as const)
        requireNear(seen.color(x, y), [0, 255, 0, 255], 2);
      requireNear(placeOf(seen.color((40 + 75) / 210, (10 + 25) / 140)), [0.5, 0.25], 0.06);
      const twice = await seenOf(photo, { w: 150, dpr: 2, padding: 10, format: 'png' });
      assert.deepEqual([twice.width, twice.height], [340, 240]);
      assert.equal(twice.color(0.5, 0.02)[3], 0);
    });

    it('pixelate fills squares with one color each', async () => {
      const seen = await seenOf(photo, { w: 300, pixelate: 50, format: 'png' });
      for (const [left, top] of [
        [0, 0],
        [250, 150],
        [100, 50],
      ] as const) {
        const corner = seen.pixel((left + 0.5) / 300, (top + 0.5) / 200);
        assert.deepEqual(seen.pixel((left + 49.5) / 300, (top + 49.5) / 200), corner);
        requireNear(placeOf(corner), [(left + 25) / 300, (top + 25) / 200], 0.06);
      }
    });

    it('brightness, contrast, saturation, gray and tint change colors, and no transparency', async () => {
      const image = await api.upload(newUser(), await halfTransparent('#c86432'));
      const of = async (asked: object) => (await seenOf(image, { ...asked, format: 'png' })).color(0.8, 0.5);
      requireNear(await of({ brightness: 20 }), [251, 151, 101, 255], 3);
      requireNear(await of({ contrast: -100 }), [128, 128, 128, 255], 2);
      requireNear(await of({ contrast: 50 }), [236, 86, 11, 255], 3);
      const [red, green, blue] = await of({ gray: 1 });
      requireNear([red, green], [green, blue], 2);
      const [fainter, , bluer] = await of({ saturation: -50 });
      assert.ok(fainter < 200 && bluer > 50, `${fainter}, ${bluer}`);
      const [tinted, , blueish] = await of({ tint: '0000ff' });
      assert.ok(blueish > tinted + 50, `${tinted}, ${blueish}`);
      for (const asked of [{ brightness: 20 }, { saturation: 50 }, { gray: 1 }, { tint: 'f00' }])
        assert.equal((await seenOf(image, { ...asked, format: 'png' })).color(0.2, 0.5)[3], 0);
    });

    it('radius rounds the corners: transparent, or in JPEG the background or white', async () => {
      const corner = async (asked: object) => (await seenOf(photo, { w: 300, ...asked })).pixel(0, 0);
      for (const format of ['png', 'webp', 'avif', 'auto'] as const) {
        const seen = await seenOf(photo, { w: 300, radius: 60, format });
        assert.deepEqual([seen.width, seen.height], [300, 200]);
        for (const [x, y] of [
          [0, 0],
          [0.99, 0],
          [0, 0.99],
          [0.99, 0.99],
        ] as const)
          assert.equal(seen.pixel(x, y)[3], 0, format);
        assert.equal(seen.color(0.5, 0.5)[3], 255);
        requireNear(placeOf(seen.color(0.5, 0.1)), [0.5, 0.1], 0.06);
      }
      requireNear(await corner({ radius: 'circle', format: 'jpeg' }), [255, 255, 255, 255], 12);
      requireNear(await corner({ radius: 60, format: 'jpeg', background: '00ff00' }), [0, 255, 0, 255], 30);
      const ellipse = await seenOf(photo, { w: 300, radius: 'circle', format: 'png' });
      assert.deepEqual([ellipse.pixel(0.1, 0.1)[3], ellipse.pixel(0.2, 0.2)[3]], [0, 255]);
    });

    it('trim cuts the border of the upper left color away, before w and h; an image of one color stays whole', async () => {
      const image = await api.upload(newUser(), await lonelySpot()); // 60 x 60 of 600 x 200
      for (const [asked, size] of [
        [{ trim: 20 }, [60, 60]],
        [{ trim: 20, w: 30 }, [30, 30]],
        [{ trim: 20, w: 30, h: 20, fit: 'pad' }, [30, 20]],
      ] as const) {
        const seen = await seenOf(image, { ...asked, format: 'png' });
        assert.deepEqual([seen.width, seen.height], size);
      }
      const flat = await api.link(image.image_id, { crop: '0,0,300,200', format: 'png' });
      const gray = await api.upload(newUser(), await api.read(flat.url));
      const seen = await seenOf(gray, { trim: 20, format: 'png' });
      assert.deepEqual([seen.width, seen.height], [300, 200]);
    });

    it('background fills transparent pixels', async () => {
      const image = await api.upload(newUser(), await halfTransparent('#ff0000'));
      for (const format of ['jpeg', 'png', 'webp', 'avif'] as const) {
        const seen = await seenOf(image, { background: '3264c8', format });
        requireNear(seen.color(0.2, 0.5), [0x32, 0x64, 0xc8, 255], 8, format);
        requireNear(seen.color(0.8, 0.5), [255, 0, 0, 255], 12, format);
      }
      const thin = await seenOf(image, { background: '3264c880', format: 'png' });
      requireNear(thin.color(0.2, 0.5), [0x32, 0x64, 0xc8, 128], 3);
    });

    it('position=attention and position=entropy find the colored spot in a gray image', async () => {
      const image = await api.upload(newUser(), await lonelySpot());
      for (const position of ['attention', 'entropy']) {
        const seen = await seenOf(image, { w: 100, h: 100, fit: 'cover', position, format: 'png' });
        assert.deepEqual([seen.width, seen.height], [100, 100]);
        const [red, green] = seen.mean;
        assert.ok(red > green + 5, `${position}: ${seen.mean}`);
      }
      const centre = await seenOf(image, { w: 100, h: 100, fit: 'cover', format: 'png' });
      requireNear(centre.mean, [128, 128, 128, 255], 2);
    });

    for (const [format, type] of [
      ['jpeg', 'image/jpeg'],
      ['jpg', 'image/jpeg'],
      ['png', 'image/png'],
      ['webp', 'image/webp'],
      ['avif', 'image/avif'],
    ] as const) {
      it(`format=${format} is ${type} for every Accept`, async () => {
        const { url } = await api.link(photo.image_id, { w: 40, format });
        for (const accept of ['*/*', 'image/webp', 'image/avif', 'image/jpeg']) {
          const response = await api.send(url, { headers: { Accept: accept } });
          await response.arrayBuffer();
          assert.equal(response.headers.get('content-type'), type, accept);
        }
        const { format: came } = await see(await api.read(url));
        assert.equal(came, type === 'image/avif' ? 'heif' : type.slice(6));
      });
    }

    it('format=auto, the default, chooses by Accept', async () => {
      for (const asked of [{ w: 50 }, { w: 50, format: 'auto' }]) {
        for (const [accept, format] of [
          ['image/avif,image/webp,*/*', 'heif'],
          ['image/webp,*/*', 'webp'],
          ['*/*', 'jpeg'],
        ] as const) {
          assert.equal((await see(await renderOf(photo, asked, accept))).format, format, accept);
        }
      }
    });

    it('a smaller q gives fewer bytes', async () => {
      for (const format of ['jpeg', 'webp', 'avif']) {
        const sizes: number[] = [];
        for (const q of [10, 60, 100]) sizes.push((await renderOf(photo, { w: 300, format, q })).length);
        assert.deepEqual(
          sizes,
          sizes.toSorted((a, b) => a - b),
          `${format}: ${sizes}`,
        );
        assert.equal(new Set(sizes).size, 3, `${format}: ${sizes}`);
      }
    });

    it('max_bytes bounds the bytes by a lower quality, and is 400 with the fewest bytes if none suffices', async () => {
      for (const format of ['jpeg', 'webp', 'avif']) {
        const asked = { w: 300, format };
        const whole = (await renderOf(photo, asked)).length;
        const least = (await renderOf(photo, { ...asked, q: 10 })).length;
        const most = Math.max(1_000, Math.round((whole + least) / 2));
        const bytes = await renderOf(photo, { ...asked, max_bytes: most });
        assert.ok(bytes.length <= most, `${format}: ${bytes.length} of ${most}`);
        const { width, height } = await see(bytes);
        assert.deepEqual([width, height], [300, 200]);
      }
      const auto = await renderOf(await api.upload(newUser(), await halfTransparent('#ff0000')), { max_bytes: 9_999 });
      assert.equal((await see(auto)).format, 'jpeg');
      const { url } = await api.link(photo.image_id, { format: 'jpeg', max_bytes: 1_000 });
      await api.refused('rendition-failed', url, {});
    });

    it('a larger blur smooths more, and sharpen increases contrast between neighboring pixels', async () => {
      const of = async (asked: object): Promise<number> => grain(await seenOf(photo, { format: 'png', ...asked }));
      const all = [await of({ blur: 8 }), await of({ blur: 0.6 }), await of({}), await of({ sharpen: 2 })];
      assert.deepEqual(
        all,
        all.toSorted((a, b) => a - b),
      );
      assert.equal(new Set(all).size, 4, all.join());
    });

    for (const type of ['image/gif', 'image/webp'] as const) {
      it(`page selects one frame of an animated ${type} in every format, and is 400 after the last frame`, async () => {
        const original = await animation(type);
        const image = await api.upload(newUser(), original);
        const frames = await see(original);
        for (const page of [0, 2, 3]) {
          for (const format of ['webp', 'png', 'jpeg', 'avif']) {
            const seen = await seenOf(image, { page, format });
            assert.deepEqual([seen.frames, seen.width, seen.height], [1, 60, 40]);
            requireNear(seen.color(0.5, 0.5), frames.color(0.5, 0.5, page), 14, `page ${page} as ${format}`);
          }
        }
        const { url } = await api.link(image.image_id, { page: 4 });
        await api.refused('invalid-request', url, {}, 'page');
      });
    }

    it('crop, rotate, flip and w apply to every frame of an animation', async () => {
      const original = await animation('image/gif');
      const image = await api.upload(newUser(), original);
      const frames = await see(original);
      const asked = { crop: '30,0,30,40', rotate: 90, flip: 'h', w: 20, format: 'webp' };
      const bytes = await renderOf(image, asked);
      const seen = await see(bytes);
      assert.deepEqual([seen.frames, seen.width, seen.height], [4, 20, 15]);
      const [came, was] = [await described(bytes), await described(original)];
      assert.deepEqual([came.delay, came.loop], [was.delay, was.loop]);
      for (let frame = 0; frame < 4; frame++) {
        // rotated clockwise, then mirrored: right goes down, down goes right
        requireNear(seen.color(0.5, 0.5, frame), frames.color(0.75, 0.5, frame), 20, `frame ${frame}`);
        requireNear(seen.color(0.2, 0.8, frame), frames.color(0.9, 0.2, frame), 24, `frame ${frame}`);
      }
    });

    it('watermark must be a name that the service has, and its parameters need it', async () => {
      const path = `/images/${photo.image_id}/render-url`;
      const post = (asked: object) => ({
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(asked),
      });
      await api.refused('invalid-request', path, post({ w: 40, watermark: 'no-such-mark' }), 'watermark');
      for (const alone of [{ watermark_scale: 0.5 }, { watermark_opacity: 0.5 }, { watermark_tiles: 1 }])
        await api.refused('invalid-request', path, post(alone), Object.keys(alone)[0]);
    });

    it('coordinates refer to the image after EXIF orientation', async () => {
      const bytes = await picture({ type: 'image/jpeg', width: 400, height: 600, orientation: 6 });
      const image = await api.upload(newUser(), bytes);
      assert.deepEqual([image.width, image.height], [600, 400]);
      const seen = await seenOf(image, { crop: '300,0,300,200', w: 150 });
      assert.deepEqual([seen.width, seen.height], [150, 100]);
      requirePlaces(seen, (x, y) => [y / 2, 1 - (0.5 + x / 2)]);
    });
  });
};

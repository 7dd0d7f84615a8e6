import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { thumbHashToRGBA } from 'thumbhash';
import { decompressionBomb, testImage, truncated } from '../../../../../test/pictures/test-images.ts';
import { MEDIA_TYPES, type MediaType } from '../../domain/image/media-type.ts';
import type { Inspection } from '../imaging.ts';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import { inspect } from './inspect.ts';

describe('inspecting', () => {
  let folder: string;
  let uploads = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inspect[1] é-'));
  });
  after(() => rm(folder, { recursive: true }));

  const inspectBytes = async (
    bytes: Uint8Array,
    declaredType: MediaType,
    limits: Partial<Limits> = {},
  ): Promise<Inspection> => {
    const path = join(folder, `upload-${uploads++}`); // libvips caches by name, here with its cache enabled
    await writeFile(path, bytes);
    return inspect({ path, declaredType, limits: { ...DEFAULT_LIMITS, ...limits } });
  };

  const sound = async (bytes: Uint8Array, type: MediaType) => {
    const inspection = await inspectBytes(bytes, type);
    assert.ok(inspection.outcome === 'sound', JSON.stringify(inspection));
    return inspection.image;
  };

  const refused = async (bytes: Uint8Array, type: MediaType, limits?: Partial<Limits>) => {
    const inspection = await inspectBytes(bytes, type, limits);
    assert.ok(inspection.outcome === 'refused');
    assert.match(inspection.rejection.detail, /^expected .+; got .+/);
    assert.ok(!inspection.rejection.detail.includes(folder), 'no local path in what users see');
    return inspection.rejection;
  };

  describe('a sound image', () => {
    for (const type of MEDIA_TYPES) {
      it(`of type ${type} is accepted with its size and a placeholder of its proportions`, async () => {
        const image = await sound(await testImage({ type, width: 320, height: 200 }), type);
        assert.deepEqual([image.contentType, image.width, image.height], [type, 320, 200]);
        const { w, h } = thumbHashToRGBA(Buffer.from(image.placeholder, 'base64'));
        assert.ok(Math.abs(w / h - 320 / 200) < 0.2, `${w} x ${h}`);
      });
    }

    for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
      it(`in EXIF orientation ${orientation} has the displayed size and placeholder`, async () => {
        const stored = await testImage({ type: 'image/jpeg', width: 300, height: 200, orientation });
        const upright = await sharp(stored).autoOrient().png().toBuffer();
        const image = await sound(stored, 'image/jpeg');
        const expected = await sound(upright, 'image/png');
        assert.deepEqual([image.width, image.height], orientation < 5 ? [300, 200] : [200, 300]);
        assertAlike(image.placeholder, expected.placeholder);
      });
    }

    for (const type of ['image/gif', 'image/webp'] as const) {
      it(`that is an animated ${type} has the size of one frame and the placeholder of the first`, async () => {
        const animation = await sound(await testImage({ type, width: 240, height: 160, frames: 4 }), type);
        const first = await sound(await testImage({ type, width: 240, height: 160 }), type);
        assert.deepEqual([animation.width, animation.height], [240, 160]);
        assertAlike(animation.placeholder, first.placeholder);
      });
    }

    it('has its dominant color, for an animation that of the first frame', async () => {
      const frame = (background: string) => sharp({ create: { width: 60, height: 60, channels: 4, background } }).png();
      const frames = [
        await frame('#20c040').toBuffer(),
        await frame('#2040c0').toBuffer(),
        await frame('#2848c8').toBuffer(),
      ];
      const animation = await sharp(frames, { join: { animated: true } })
        .webp({ lossless: true })
        .toBuffer();
      assert.equal((await sharp(animation).metadata()).pages, 3);
      assert.equal((await sound(animation, 'image/webp')).dominantColor, '#20c040');
      const clear = await frame('#2040c000').toBuffer();
      assert.equal((await sound(clear, 'image/png')).dominantColor, '#ffffff');
    });

    it('that is an animated WebP with an EXIF orientation keeps its frames as stored', async () => {
      const type = 'image/webp';
      const image = await sound(await testImage({ type, width: 60, height: 40, frames: 3, orientation: 6 }), type);
      assert.deepEqual([image.width, image.height], [60, 40]);
    });

    const rgb = () => testImage({ type: 'image/png', width: 90, height: 60 }).then((png) => sharp(png));
    const kinds: Record<string, () => Promise<[MediaType, Buffer]>> = {
      CMYK: async () => ['image/jpeg', await (await rgb()).toColorspace('cmyk').jpeg().toBuffer()],
      'gray JPEG': async () => ['image/jpeg', await (await rgb()).toColorspace('b-w').jpeg().toBuffer()],
      '16-bit gray': async () => ['image/png', await (await rgb()).toColorspace('grey16').png().toBuffer()],
      '16-bit': async () => ['image/png', await (await rgb()).toColorspace('rgb16').png().toBuffer()],
      'palette PNG': async () => ['image/png', await (await rgb()).png({ palette: true, colors: 4 }).toBuffer()],
      transparent: async () => ['image/png', await (await rgb()).ensureAlpha(0.5).png().toBuffer()],
      'interlaced PNG': async () => ['image/png', await (await rgb()).png({ progressive: true }).toBuffer()],
      'progressive JPEG': async () => ['image/jpeg', await (await rgb()).jpeg({ progressive: true }).toBuffer()],
      'Display P3': async () => ['image/jpeg', await (await rgb()).withIccProfile('p3').jpeg().toBuffer()],
      'one pixel': async () => ['image/png', await (await rgb()).resize(1, 1).png().toBuffer()],
      'one pixel high': async () => [
        'image/png',
        await (await rgb()).resize(9000, 1, { fit: 'fill' }).png().toBuffer(),
      ],
    };
    for (const [kind, make] of Object.entries(kinds)) {
      it(`that is ${kind} is accepted`, async () => {
        const [type, bytes] = await make();
        assert.ok((await sound(bytes, type)).placeholder.length > 0);
      });
    }

    it('with a broken color profile is accepted', async () => {
      const jpeg = await (await rgb()).withIccProfile('p3').jpeg().toBuffer();
      const profile = jpeg.indexOf('ICC_PROFILE') + 14;
      await sound(jpeg.fill(0x41, profile, profile + 180), 'image/jpeg');
    });

    it('with bytes after its end is accepted', async () => {
      for (const type of ['image/jpeg', 'image/png', 'image/gif'] as const) {
        await sound(Buffer.concat([await testImage({ type, width: 40, height: 30 }), Buffer.alloc(100, 7)]), type);
      }
    });
  });

  describe('refuses', () => {
    it('an empty file', async () => {
      assert.equal((await refused(Buffer.alloc(0), 'image/png')).code, 'empty-upload');
    });

    it('a file that is not an image; raw files, SVG, PDF and video with advice', async () => {
      const came: [string, RegExp][] = [
        ['hello', /no known signature/],
        ['%PDF-1.7', /; got PDF: export its pages as JPEG or PNG$/],
        ['II*\0\x10\0\0\0CR\x02\0', /; got a Canon CR2 raw file: export it as JPEG or TIFF$/],
        ['\0\0\0\x14ftypisom\0\0\0\0mp41', /; got a video: send a frame of it as JPEG, or .* GIF$/],
        ['<svg xmlns="http://www.w3.org/2000/svg"/>', /; got SVG, .*: export it as PNG or WebP$/],
        ['<html>', /; got text\/html$/],
      ];
      for (const [text, words] of came) {
        const rejection = await refused(Buffer.from(text, 'latin1'), 'image/jpeg');
        assert.equal(rejection.code, 'unsupported-type');
        assert.match(rejection.detail, words);
      }
    });

    it('an accepted type that differs from the declared one', async () => {
      const png = await testImage({ type: 'image/png', width: 20, height: 20 });
      const rejection = await refused(png, 'image/jpeg');
      assert.equal(rejection.code, 'type-mismatch');
      assert.match(rejection.detail, /expected image\/jpeg.*got image\/png/);
    });

    it('a signature without content', async () => {
      const avif = (await testImage({ type: 'image/avif', width: 20, height: 20 })).subarray(0, 40);
      const heads: [MediaType, Buffer][] = [
        ['image/jpeg', Buffer.from('ffd8ffe0', 'hex')],
        ['image/png', Buffer.from('89504e470d0a1a0a', 'hex')],
        ['image/gif', Buffer.from('GIF89a')],
        ['image/webp', Buffer.from('RIFF\0\0\0\0WEBP')],
        ['image/avif', avif],
        ['image/tiff', Buffer.from('II*\0\x08\0\0\0', 'latin1')],
      ];
      for (const [type, head] of heads) assert.equal((await refused(head, type)).code, 'unreadable-image');
    });

    it('HEVC pixels in a file that claims to be AVIF', async () => {
      const avif = await testImage({ type: 'image/avif', width: 64, height: 64 });
      const disguised = Buffer.from(
        avif.toString('latin1').replaceAll('av01', 'hvc1').replaceAll('av1C', 'hvcC'),
        'latin1',
      );
      assert.match((await refused(disguised, 'image/avif')).code, /type-mismatch|unreadable-image/);
    });

    it('a decompression bomb by its header', async () => {
      const rejection = await refused(decompressionBomb(), 'image/png');
      assert.equal(rejection.code, 'too-many-pixels');
      assert.equal(rejection.detail, 'expected at most 52,428,800 pixels in a PNG; got 65,536 x 65,536');
    });

    it('an image one row above the pixel limit, but not one at the limit', async () => {
      const create = { width: 8_192, height: 6_400, channels: 3 as const, background: '#369' };
      const largest = await sharp({ create }).png({ compressionLevel: 1 }).toBuffer();
      assert.deepEqual((await sound(largest, 'image/png')).height, 6_400);
      const rejection = await refused(decompressionBomb(8_192, 6_401), 'image/png');
      assert.equal(rejection.detail, 'expected at most 52,428,800 pixels in a PNG; got 8,192 x 6,401');
    });

    it('a side over 16,384 pixels', async () => {
      assert.match(
        (await refused(decompressionBomb(16_385, 10), 'image/png')).detail,
        /16,384 pixels a side; got 16,385/,
      );
    });

    it('a file over any limit', async () => {
      const still = { width: 40, height: 30 };
      const avif = await testImage({ type: 'image/avif', ...still });
      const animation = await testImage({ type: 'image/gif', ...still, frames: 3 });
      const cases: [Buffer, MediaType, Partial<Limits>, RegExp][] = [
        [
          avif,
          'image/avif',
          { maxPixels: { ...DEFAULT_LIMITS.maxPixels, 'image/avif': 1199 } },
          /1,199 pixels in an AVIF; got 40 x 30/,
        ],
        [animation, 'image/gif', { maxAnimationPixels: 3599 }, /3,599 pixels in all frames; got 3 of 40 x 30/],
        [animation, 'image/gif', { maxFrames: 2 }, /2 frames; got 3/],
        [avif, 'image/avif', { maxChannels: 2 }, /2 channels; got 3/],
      ];
      for (const [bytes, type, limits, words] of cases) {
        assert.equal((await inspectBytes(bytes, type)).outcome, 'sound');
        const rejection = await refused(bytes, type, limits);
        assert.equal(rejection.code, 'too-many-pixels');
        assert.match(rejection.detail, words);
      }
    });

    const cuttable: Record<string, () => Promise<[MediaType, Buffer]>> = {
      'a JPEG': async () => ['image/jpeg', await testImage({ type: 'image/jpeg', width: 503, height: 401 })],
      'a JPEG whose last rows are not in its preview': async () => [
        'image/jpeg',
        await testImage({ type: 'image/jpeg', width: 1200, height: 900 }),
      ],
      'a progressive JPEG': async () => {
        const png = await testImage({ type: 'image/png', width: 503, height: 401 });
        return ['image/jpeg', await sharp(png).jpeg({ progressive: true }).toBuffer()];
      },
      'a PNG': async () => ['image/png', await testImage({ type: 'image/png', width: 503, height: 401 })],
      'an interlaced PNG': async () => {
        const png = await testImage({ type: 'image/png', width: 503, height: 401 });
        return ['image/png', await sharp(png).png({ progressive: true }).toBuffer()];
      },
      'a WebP': async () => ['image/webp', await testImage({ type: 'image/webp', width: 503, height: 401 })],
      'an animated WebP': async () => [
        'image/webp',
        await testImage({ type: 'image/webp', width: 60, height: 40, frames: 5 }),
      ],
      'a GIF': async () => ['image/gif', await testImage({ type: 'image/gif', width: 203, height: 101 })],
      'an animated GIF': async () => [
        'image/gif',
        await testImage({ type: 'image/gif', width: 60, height: 40, frames: 5 }),
      ],
      'an AVIF': async () => ['image/avif', await testImage({ type: 'image/avif', width: 203, height: 101 })],
      'a TIFF': async () => ['image/tiff', await testImage({ type: 'image/tiff', width: 203, height: 101 })],
    };
    for (const [what, make] of Object.entries(cuttable)) {
      it(`${what} truncated anywhere, even by its last byte`, async () => {
        const [type, bytes] = await make();
        await sound(bytes, type);
        const shares = Array.from({ length: 24 }, (_, step) => 0.05 + step * 0.0395);
        const cuts = [
          ...shares.map((share) => truncated(bytes, share)),
          ...[30, 13, 12, 8, 4, 2, 1].map((n) => bytes.subarray(0, -n)),
        ];
        for (const cut of cuts) {
          const inspection = await inspectBytes(cut, type);
          assert.ok(inspection.outcome === 'refused', `accepted ${cut.length} of ${bytes.length} bytes`);
          assert.equal(inspection.rejection.code, 'unreadable-image');
        }
      });
    }

    it('an animation with a broken later frame', async () => {
      for (const type of ['image/gif', 'image/webp'] as const) {
        const bytes = await testImage({ type, width: 60, height: 40, frames: 3 });
        const lastFrame = type === 'image/gif' ? bytes.length - 60 : bytes.lastIndexOf('VP8 ') + 18;
        bytes.fill(0xff, lastFrame, lastFrame + 40);
        await assert.doesNotReject(sharp(bytes).raw().toBuffer(), 'the first frame alone decodes');
        assert.match((await refused(bytes, type)).detail, /decodes to its end|2,400 pixels in a GIF's frame 3; got/);
      }
    });
  });

  it('throws the system error for an absent file, instead of a refusal', async () => {
    const job = { path: join(folder, 'nowhere'), declaredType: 'image/png', limits: DEFAULT_LIMITS } as const;
    await assert.rejects(inspect(job), { code: 'ENOENT', syscall: 'open' });
  });
});

/** Placeholders are coarse, and shrink-on-load rounds: equal means a small mean difference of the decoded pictures. */
function assertAlike(one: string, other: string): void {
  const [a, b] = [one, other].map((hash) => thumbHashToRGBA(Buffer.from(hash, 'base64')));
  assert.ok(a && b);
  assert.deepEqual([a.w, a.h], [b.w, b.h]);
  const difference =
    a.rgba.reduce((sum, value, index) => sum + Math.abs(value - (b.rgba[index] ?? 0)), 0) / a.rgba.length;
  assert.ok(difference < 8, `mean difference ${difference}`);
}

import assert from 'node:assert/strict';
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { testImage } from '../../../../../test/pictures/test-images.ts';
import { repeatsOf } from '../../../test/repeats.ts';
import type { MediaType } from '../../domain/image/media-type.ts';
import type { Recipe, Watermark } from '../../domain/rendition/recipe.ts';
import type { Size } from '../../domain/rendition/transform.ts';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import { quadrants, RECIPE, toImage } from './render.fixture.ts';
import { render } from './render.ts';
import { bitmapOf, difference } from './slow-render.fixture.ts';

const { count: numRuns, seed } = repeatsOf('renderedRecipes');
const SHA = 'd'.repeat(64);

interface Files {
  readonly picture: Buffer;
  readonly type?: MediaType;
  readonly mark: Buffer | null;
  readonly markType?: MediaType;
}

/** Renders one recipe of files; `mark` null: the job has none. */
async function rendered(
  { picture, type = 'image/png', mark, markType = 'image/png' }: Files,
  recipe: Partial<Recipe>,
  limits: Partial<Limits> = {},
) {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'watermark-'));
  const at = (name: string) => join(folder.path, name);
  await writeFile(at('picture'), picture);
  if (mark) await writeFile(at('mark'), mark);
  await writeFile(at('result'), '');
  const marks = mark ? [{ sha256: SHA, path: at('mark'), contentType: markType }] : [];
  const source = { path: at('picture'), contentType: type, marks };
  const outputs = [{ recipe: { ...RECIPE, ...recipe }, path: at('result') }];
  const [one] = await render({ source, outputs, limits: { ...DEFAULT_LIMITS, ...limits } });
  return { rendered: one, bytes: await readFile(at('result')) };
}

async function made(files: Files, recipe: Partial<Recipe>): Promise<Buffer> {
  const { rendered: one, bytes } = await rendered(files, recipe);
  assert.equal(one?.outcome, 'made', JSON.stringify(one));
  return bytes;
}

const png = (size: Size, alpha = 255): Promise<Buffer> => toImage(quadrants(size, { alpha })).png().toBuffer();
const SIZE = { width: 60, height: 40 };
const MARK = { width: 12, height: 8 };

/** In the mark's own size, so that both scale nothing. */
const single = (left: number, top: number, opacity = 1): Watermark => ({
  sha256: SHA,
  size: MARK,
  area: { left, top, ...MARK },
  opacity,
});

/** By sharp alone. */
async function composited(picture: Buffer, mark: Buffer, { area, size, opacity }: Watermark): Promise<Buffer> {
  const { data, info } = await sharp(mark).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  for (let at = 3; at < data.length; at += 4) data[at] = Math.round((data[at] ?? 0) * opacity);
  const raw = { width: info.width, height: info.height, channels: 4 as const };
  const isTiled = area.width > size.width || area.height > size.height;
  const [left, top] = [area.left, area.top];
  const layer = isTiled ? { tile: true, gravity: 'northwest' } : { left, top };
  return sharp(picture)
    .composite([{ input: data, raw, ...layer }])
    .png()
    .toBuffer();
}

describe('a watermark', () => {
  it("looks like sharp's own composition", async () => {
    const opacities = fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100);
    const alphas = fc.constantFrom(255, 128, 0);
    const cases = fc.record({
      left: fc.nat(SIZE.width - MARK.width),
      top: fc.nat(SIZE.height - MARK.height),
      opacity: opacities,
      alpha: alphas,
      markAlpha: alphas,
      isTiled: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ left, top, opacity, alpha, markAlpha, isTiled }) => {
        const [picture, mark] = [await png(SIZE, alpha), await png(MARK, markAlpha)];
        const one = single(left, top, opacity);
        const watermark = isTiled ? { ...one, area: { left: 0, top: 0, ...SIZE } } : one;
        const came = await bitmapOf(await made({ picture, mark }, { watermark }));
        const { max, mean } = difference(came, await bitmapOf(await composited(picture, mark, watermark)));
        assert.ok(max <= 3 && mean < 0.6, `${max}, ${mean}`); // colors of nearly transparent pixels are rounded
      }),
      { numRuns, seed },
    );
  });

  it('is drawn after all other steps, so that none changes it', async () => {
    const [picture, mark] = [await png(SIZE), await png(MARK)];
    const canvas = { left: 10, top: 5, width: 80, height: 60 };
    const steps = { canvas, background: 'ff8800', blur: 5 };
    const plain = await made({ picture, mark }, steps);
    const watermark = single(12, 9);
    const came = await bitmapOf(await made({ picture, mark }, { ...steps, watermark }));
    assert.equal(difference(came, await bitmapOf(await composited(plain, mark, watermark))).max, 0);
  });

  for (const format of ['jpeg', 'webp', 'avif', 'png'] as const) {
    it(`keeps an opaque picture opaque, as ${format}`, async () => {
      const picture = await toImage(quadrants(SIZE)).removeAlpha().png().toBuffer();
      const bytes = await made({ picture, mark: await png(MARK, 100) }, { format, watermark: single(0, 0) });
      assert.equal((await sharp(bytes).metadata()).hasAlpha, false);
    });
  }

  for (const type of ['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/avif', 'image/tiff'] as const) {
    it(`may be ${type}, and is scaled and upright`, async () => {
      const mark = await testImage({ type, width: 120, height: 80 });
      const [picture, watermark] = [await png(SIZE), single(20, 10)];
      const came = await bitmapOf(await made({ picture, mark, markType: type }, { watermark }));
      const small = await sharp(mark, { page: 0 })
        .autoOrient()
        .resize({ ...MARK, fit: 'fill' })
        .png()
        .toBuffer();
      assert.ok(difference(came, await bitmapOf(await composited(picture, small, watermark))).max <= 3);
    });
  }

  it('is drawn onto gray pictures, and onto turned ones as they are seen', async () => {
    const mark = await png(MARK);
    const gray = await sharp(await png(SIZE))
      .removeAlpha()
      .toColorspace('b-w')
      .png()
      .toBuffer();
    const came = await sharp(await made({ picture: gray, mark }, { watermark: single(0, 0) }))
      .raw()
      .toBuffer();
    assert.ok((came[0] ?? 0) > (came[1] ?? 0) + 50, 'red');
    const turned = await sharp(await png(SIZE))
      .removeAlpha()
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 100 })
      .toBuffer();
    const upright = await made({ picture: turned, type: 'image/jpeg', mark }, {});
    const watermark = single(20, 40);
    const marked = await made({ picture: turned, type: 'image/jpeg', mark }, { watermark });
    assert.equal(difference(await bitmapOf(marked), await bitmapOf(await composited(upright, mark, watermark))).max, 0);
  });

  const animation = (): Promise<Buffer> => {
    const data = Buffer.concat([0, 1, 2].map((frame) => quadrants(SIZE, { frame }).data));
    const raw = { width: SIZE.width, height: SIZE.height * 3, channels: 4 as const, pageHeight: SIZE.height };
    return sharp(data, { raw })
      .gif({ delay: [100, 200, 300], loop: 2 })
      .toBuffer();
  };

  it('halves the pixels of an animation that is sharpened too', async () => {
    const files = { picture: await animation(), type: 'image/gif', mark: await png(MARK) } as const;
    const recipe: Partial<Recipe> = { page: null, format: 'webp', watermark: single(0, 0) };
    const limits = { maxRetouchedPixels: 3 * SIZE.width * SIZE.height };
    assert.equal((await rendered(files, recipe, limits)).rendered?.outcome, 'made');
    const { rendered: both } = await rendered(files, { ...recipe, sharpen: 1 }, limits);
    assert.match(both?.outcome === 'refused' ? both.refusal.detail : '', /sharpen or mark them together/);
  });

  it('is on every frame of an animation, which keeps its timing', async () => {
    const { width } = SIZE;
    const picture = await animation();
    const white = await sharp({ create: { ...MARK, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    const bytes = await made(
      { picture, type: 'image/gif', mark: white },
      { format: 'webp', watermark: single(40, 30) },
    );
    const { pages, delay, loop } = await sharp(bytes, { pages: -1 }).metadata();
    assert.deepEqual([pages, delay, loop], [3, [100, 200, 300], 2]);
    for (const page of [0, 1, 2]) {
      const seen = await bitmapOf(bytes, page);
      const at = (34 * width + 46) * 4;
      assert.ok(
        [...seen.data.subarray(at, at + 3)].every((channel) => channel > 245),
        `frame ${page}`,
      );
    }
  });
});

describe('a watermark that cannot be drawn', () => {
  const watermark = single(0, 0);

  it('fails the job if its file is missing, so that no picture is without it', async () => {
    const files = { picture: await png(SIZE), mark: null };
    await assert.rejects(
      rendered(files, { watermark }),
      /expected a file with the hash of the watermark; got 0 others/,
    );
  });

  const whole = () => png({ width: 200, height: 200 });
  const broken: Readonly<Record<string, () => Promise<Pick<Files, 'mark' | 'markType'>>>> = {
    'is cut off': async () => ({ mark: (await whole()).subarray(0, 500) }),
    'is another type': async () => ({ mark: await whole(), markType: 'image/jpeg' }),
    'is no picture': async () => ({ mark: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>') }),
    'has more pixels than a mark may have': async () => ({ mark: await png({ width: 1_025, height: 1_024 }) }),
  };
  for (const [name, make] of Object.entries(broken)) {
    it(`is refused without a picture if its file ${name}`, async () => {
      const { rendered: one, bytes } = await rendered({ picture: await png(SIZE), ...(await make()) }, { watermark });
      assert.ok(one?.outcome === 'refused');
      assert.match(one.refusal.detail, /^expected an image that decodes to its end as the watermark; got damaged data/);
      assert.equal(bytes.length, 0);
    });
  }
});

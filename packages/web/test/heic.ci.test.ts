import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { heicImage } from '../../../test/pictures/heic-image.ts';
import { startService } from '../../server/test/services/running-service.ts';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { noteRefusals, refusedIn } from './policy.fixture.ts';
import { dragOver, filesOf, heard, listed, reasonsIn, saying } from './uploads.fixture.ts';
import { openAt, until, untilImage } from './viewer.fixture.ts';

/** Larger than any preset. */
const SIZE = { width: 2_100, height: 1_400 };

/** Red at the left, and blue at the right. */
function pixels(): Buffer {
  const { width, height } = SIZE;
  const row = Buffer.alloc(width * 3);
  for (let x = 0; x < width; x += 1) row.set(x < width / 2 ? [200, 30, 20] : [20, 60, 200], x * 3);
  return Buffer.concat(Array<Buffer>(height).fill(row));
}

/** Waits until the picture on the stage isn't a rendition any more, whose `<img>` has a `srcset`. */
const untilFullSize = (page: Page): Promise<void> =>
  untilImage(page, `image.srcset === '' && image.naturalWidth === ${SIZE.width}`);

/** In the page: the color of the shown picture's left and right quarter. */
const COLORS = `(() => {
  const image = document.querySelector('.pswp__item[aria-hidden="false"] img.pswp__img');
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight).getContext('2d');
  canvas.drawImage(image, 0, 0);
  return [0.25, 0.75].map((at) => [...canvas.getImageData(image.naturalWidth * at, 700, 1, 1).data.slice(0, 3)]);
})()`;

describe('pictures of types that browsers do not show', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  let bytes: Readonly<Record<'IMG_1.HEIC' | 'scan.tif', Buffer>>;
  before(async () => {
    gallery = await startGallery();
    const raw = pixels();
    bytes = {
      'IMG_1.HEIC': heicImage({ ...SIZE, pixels: raw, exifOrientation: 1 }),
      'scan.tif': await sharp(raw, { raw: { ...SIZE, channels: 3 } })
        .tiff({ compression: 'lzw' })
        .withExif({ IFD0: { Artist: 'Ada' } })
        .toBuffer(),
    };
  });
  after(() => gallery?.[Symbol.asyncDispose]());

  it('are dropped as a folder, and seen', async () => {
    await using files = await filesOf({
      ...Object.fromEntries(Object.entries(bytes).map(([name, content]) => [`holiday/${name}`, content])),
      'holiday/.DS_Store': 'x',
    });
    const { page, context, complaints } = await gallery.open({ path: 'about:blank' });
    await noteRefusals(context);
    await page.goto(gallery.service.origin);
    await (await dragOver(page, [join(files.folder, 'holiday')])).drop();
    await heard(page, '2 pictures uploaded.');
    for (const { image_id } of await listed(gallery.service.origin))
      await until(page, `document.querySelector('[data-image="${image_id}"] [data-loaded]')`);
    assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
    await context.close();
  });

  for (const [name, jpeg, type] of [
    ['IMG_1.HEIC', 'IMG_1.jpg', 'HEIC'],
    ['scan.tif', 'scan.jpg', 'TIFF'],
  ] as const)
    it(`are zoomed, and downloaded as JPEG and as they were: ${type}`, async () => {
      const image = (await listed(gallery.service.origin)).find(({ filename }) => filename === name);
      const { page, shows, complaints } = await openAt(gallery, `/?image=${image?.image_id}`);
      await shows(name);
      await untilImage(page, 'image.complete && image.naturalWidth > 0');
      await page.keyboard.press('z');
      await untilFullSize(page);
      const [left, right] = await page.evaluate<readonly (readonly number[])[]>(COLORS);
      for (const [color, wanted] of [
        [left, [200, 30, 20]],
        [right, [20, 60, 200]],
      ] as const)
        for (const [channel, value] of wanted.entries())
          assert.ok(Math.abs((color?.[channel] ?? -99) - value) <= 6, `${color}`);

      const download = async (button: RegExp) => {
        await page.keyboard.press('d');
        const dialog = page.getByRole('dialog', { name: 'Download' });
        await dialog.waitFor();
        assert.deepEqual(await barriersOf(page), []);
        const started = page.waitForEvent('download');
        await dialog.getByRole('button', { name: button }).click();
        const saved = await started;
        await dialog.waitFor({ state: 'detached' });
        return { name: saved.suggestedFilename(), bytes: await readFile(await saved.path()) };
      };
      const original = await download(new RegExp(`^Original ${type} ?2100 × 1400$`));
      assert.equal(original.name, name);
      assert.ok(original.bytes.equals(bytes[name]), 'the very bytes');
      const copy = await download(/^JPEG ?2100 × 1400$/);
      assert.equal(copy.name, jpeg);
      const { format, width, height, exif } = await sharp(copy.bytes).metadata();
      assert.deepEqual({ format, width, height, exif }, { format: 'jpeg', ...SIZE, exif: undefined });
      assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
      await page.context().close();
    });

  it('are told to be saved by browsers where the original is shared, and have no JPEG where browsers show them', async () => {
    const [heic] = (await listed(gallery.service.origin)).filter(({ filename }) => filename === 'IMG_1.HEIC');
    const { page, shows } = await openAt(gallery, `/?image=${heic?.image_id}`);
    await shows('IMG_1.HEIC');
    await page.keyboard.press('s');
    const dialog = page.getByRole('dialog', { name: 'Share' });
    await dialog.getByLabel('Show').selectOption({ label: 'Original, 2100 × 1400' });
    await dialog.getByText('Most browsers save a HEIC instead of showing it.').waitFor();
    await page.context().close();

    const png = await openAt(gallery, `/?image=${await gallery.seed(7, { filename: 'plain.png' })}`);
    await png.shows('plain.png');
    await png.page.keyboard.press('d');
    await png.page.getByRole('button', { name: /^Original ?\d/ }).waitFor();
    assert.equal(await png.page.getByRole('button', { name: /^JPEG/ }).count(), 0);
    await png.page.context().close();
  });

  it('are offered by a phone by their types alone', async () => {
    const { page } = await gallery.open({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } });
    const accept = await page.locator('[data-chooser=files]').getAttribute('accept');
    assert.match(accept ?? '', /image\/heic,image\/tiff$/);
    await page.context().close();
  });

  it('are neither offered nor sent if the service decodes no HEIC', async () => {
    await using service = await startService({ LOG_LEVEL: 'silent', DECODE_HEIC: 'off' });
    await using files = await filesOf({ 'IMG_1.HEIC': bytes['IMG_1.HEIC'] });
    const { page } = await gallery.open({ path: service.origin });
    const accept = await page.locator('[data-chooser=files]').getAttribute('accept');
    assert.match(accept ?? '', /image\/avif,image\/tiff,\.tif,\.tiff$/);
    await (await dragOver(page, files.paths)).drop();
    await saying(page, '1 not uploaded');
    assert.match(
      (await reasonsIn(page))['IMG_1.HEIC'] ?? '',
      /^HEIC files aren't supported here\. On the iPhone choose/,
    );
    await page.context().close();
  });
});

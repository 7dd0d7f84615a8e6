import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture } from './pictures.fixture.ts';
import { openAt } from './viewer.fixture.ts';

describe('the preset that a tile loads', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  before(async () => {
    gallery = await startGallery();
  });
  after(() => gallery[Symbol.asyncDispose]());

  /** The preset, and how many times its pixels are enlarged on the screen. */
  const loadedBy = async (id: string, deviceScaleFactor: number): Promise<{ preset: string; enlarged: number }> => {
    const { page } = await openAt(gallery, '/', { deviceScaleFactor });
    const tile = `[data-image="${id}"] img[data-loaded]`;
    await page.locator(tile).waitFor();
    const seen = await page.evaluate<{ url: string; shown: [number, number]; natural: [number, number] }>(
      `(async (image) => {
        const picture = new Image();
        picture.src = image.currentSrc; // without srcset: its true size
        await picture.decode();
        const [url, shown] = [image.currentSrc, [image.clientWidth, image.clientHeight]];
        return { url, shown, natural: [picture.naturalWidth, picture.naturalHeight] };
      })(document.querySelector('${tile}'))`,
    );
    await page.context().close();
    const enlarged =
      Math.max(...seen.shown.map((side, index) => side / (seen.natural[index] ?? 0))) * deviceScaleFactor;
    return { preset: /renditions\/(\w+)/.exec(seen.url)?.[1] ?? '', enlarged };
  };

  it('enlarges the picture by at most a quarter, or a half on a sharp screen, and the next smaller one would by more', async () => {
    const photo = await addPicture(gallery, { seed: 1, width: 2400, height: 1600 });
    const panorama = await addPicture(gallery, { seed: 2, width: 3000, height: 500 });
    for (const [id, density, most] of [
      [photo, 1, 1.25],
      [photo, 2, 1.5],
      [panorama, 1, 1.25], // its tile shows the middle third
    ] as const) {
      const { preset, enlarged } = await loadedBy(id, density);
      assert.ok(enlarged <= most + 0.01, `${preset} is enlarged ${enlarged} times`);
      assert.ok(preset === 'thumb' || enlarged * 2 > most - 0.01, `${preset} is enlarged ${enlarged} times`);
    }
    assert.equal((await loadedBy(photo, 1)).preset, 'tile');
  });
});

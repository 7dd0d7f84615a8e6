import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isInRun } from '../../../scripts/test-tiers.ts';
import { barriersOf } from './axe.fixture.ts';
import { startClosedGallery } from './closed-gallery.fixture.ts';
import { fill, type Galleries, lookAtEveryView } from './every-view.fixture.ts';
import { assertTabVisitsAll } from './focus.fixture.ts';
import { NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { filesOf, type TestFiles } from './uploads.fixture.ts';

/** In the page: notes every transition and animation that takes time. */
const NOTE_MOVES = `
  globalThis.moves = [];
  const note = () => {
    for (const { effect, animationName, transitionProperty } of document.getAnimations())
      if (effect.getComputedTiming().endTime > 1)
        moves.push((animationName ?? transitionProperty) + ' of ' + effect.target.outerHTML.slice(0, 120));
  };
  for (const type of ['transitionrun', 'animationstart']) document.addEventListener(type, note, true);`;

/**
 * In the page: what is open, chosen or said, and has no frame. Where colors are forced, a frame is all that is left of
 * a background.
 */
const FRAMELESS = `
  [...document.querySelectorAll('[aria-current], [data-toast], [aria-label=Uploads], dialog[open], [role=dialog]:popover-open')]
    .filter((one) => getComputedStyle(one).borderTopStyle !== 'solid')
    .map((one) => one.outerHTML.slice(0, 120))`;

/** Those of a screen of 1440 and of 1280 pixels. */
const ZOOMS = {
  '200 %': { colorScheme: 'light', viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 },
  '400 %': { colorScheme: 'dark', viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 },
} as const;

const SIZES = {
  phone: { width: 390, height: 844 },
  laptop: { width: 1440, height: 900 },
  wide: { width: 2560, height: 1300 },
};
const SCHEMES = ['light', 'dark'] as const;

describe('every view and dialog', { skip: NO_CHROMIUM }, () => {
  let files: TestFiles;
  let galleries: Galleries;
  before(async () => {
    files = await filesOf({ 'text.jpg': 'hello', 'other.jpg': 'hello too', 'notes.pdf': '%PDF-1.7', 'empty.png': '' });
    const [open, closed] = [await startGallery({ LOG_LEVEL: 'silent' }), await startClosedGallery()];
    galleries = { open, closed, broken: files.paths };
    await fill(open);
  });
  after(async () => {
    await galleries?.open[Symbol.asyncDispose]();
    await galleries?.closed[Symbol.asyncDispose]();
    await files?.[Symbol.asyncDispose]();
  });

  it('moves nothing where motion is reduced', async () => {
    await lookAtEveryView(galleries, { reducedMotion: 'reduce', script: NOTE_MOVES }, async (page, view) => {
      assert.deepEqual(await page.evaluate('moves'), [], view);
    });
  });

  for (const [zoom, options] of Object.entries(ZOOMS)) {
    const skip = zoom === '200 %' && !isInRun('long') && 'the long tier runs it: 400 % leaves less room';
    it(`is whole and has no barriers at ${zoom}, and Tab reaches all of it`, { skip }, async () => {
      await lookAtEveryView(galleries, options, async (page, view) => {
        assert.deepEqual(await barriersOf(page), [], view);
        const width = await page.evaluate<number>('document.documentElement.scrollWidth');
        assert.equal(width, options.viewport.width, `${view} doesn't scroll sideways`);
        await assertTabVisitsAll(page, view);
      });
    });
  }

  const skipped = !isInRun('long') && 'the long tier runs it';
  for (const [size, viewport] of Object.entries(SIZES))
    for (const colorScheme of SCHEMES)
      it(`has no barriers on a ${size} screen in the ${colorScheme} theme`, { skip: skipped }, async () => {
        await lookAtEveryView(galleries, { viewport, colorScheme }, async (page, view) => {
          assert.deepEqual(await barriersOf(page), [], view);
          const width = await page.evaluate<number>('document.documentElement.scrollWidth');
          assert.equal(width, viewport.width, `${view} doesn't scroll sideways`);
        });
      });

  it('keeps frames and the mark of the focus where colors are forced', { skip: skipped }, async () => {
    await lookAtEveryView(galleries, { forcedColors: 'active' }, async (page, view) => {
      assert.deepEqual(await page.evaluate(FRAMELESS), [], view);
      assert.deepEqual(await barriersOf(page, ['color-contrast']), [], view); // scripts read the colors as they were
      await assertTabVisitsAll(page, view);
    });
  });
});

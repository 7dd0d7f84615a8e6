import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { isInRun } from '../../../scripts/test-tiers.ts';
import { testImage } from '../../../test/pictures/test-images.ts';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { seedLibrary } from './seeded-library.fixture.ts';
import {
  handleOf,
  heapOf,
  isFocused,
  isSettled,
  scrolledBy,
  scrolledThrough,
  topOf,
  until,
} from './timeline.fixture.ts';

const COUNT = 5_000;
const NEWEST = Date.UTC(2026, 10, 20, 12);
const HOUR_MS = 3_600_000;
/** More than a page of pictures were created in the same millisecond. */
const SAME = { from: 300, to: 800 };

/** The most that the gallery asks for at once. */
const PAGE = 200;
/** CI scrolls past those of the same millisecond, and a few pages more; the long tier to the end. */
const SCREENS = isInRun('long') ? undefined : 70;

/** About ten pictures a day; the year before last has none. */
function createdAt(index: number): Date {
  const one = index >= SAME.from && index < SAME.to ? SAME.from : index;
  const empty = index > COUNT / 2 ? 365 * 24 * HOUR_MS : 0;
  return new Date(NEWEST - one * 2.4 * HOUR_MS - empty);
}

const SHAPES = [
  { width: 480, height: 320 },
  { width: 320, height: 480 },
  { width: 500, height: 300 },
  { width: 400, height: 400 },
];

describe('the timeline', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  let ids: readonly string[];
  before(async () => {
    const pictures = await Promise.all(
      SHAPES.map(async (shape, seed) => ({
        bytes: await testImage({ type: 'image/jpeg', ...shape, seed }),
        filename: `shape-${seed}.jpg`,
      })),
    );
    gallery = await startGallery({}, (folder) => seedLibrary(folder, { count: COUNT, at: createdAt, pictures }));
    ids = await allIds();
  });
  after(() => gallery[Symbol.asyncDispose]());

  async function allIds(): Promise<readonly string[]> {
    const found: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const path: string = `/images?limit=1000&fields=filename${cursor && `&cursor=${cursor}`}`;
      const answer = await fetch(`${gallery.service.origin}${path}`);
      const page = (await answer.json()) as { images: { image_id: string }[]; next_cursor: string | null };
      found.push(...page.images.map(({ image_id }) => image_id));
      cursor = page.next_cursor;
    }
    return found;
  }

  async function open(options = {}): Promise<Page> {
    const { page } = await gallery.open(options);
    await page.waitForSelector('[data-image] img[data-loaded]');
    return page;
  }

  it('shows each picture once and in order, with few nodes, little memory and no layout shift', async () => {
    const page = await open();
    const before = await heapOf(page);
    const { seen, mostNodes, shift } = await scrolledThrough(page, SCREENS);
    assert.equal(ids.length, COUNT);
    if (SCREENS === undefined) assert.deepEqual(seen, ids);
    else assert.deepEqual(seen, ids.slice(0, seen.length));
    assert.ok(seen.length > SAME.to + PAGE, `expected more than ${SAME.to + PAGE} pictures; got ${seen.length}`);
    assert.ok(mostNodes <= 3_000, `expected at most 3,000 nodes; got ${mostNodes}`);
    assert.ok(shift <= 0.01, `expected a layout shift of at most 0.01; got ${shift}`);
    const grown = ((await heapOf(page)) - before) / 1_000_000;
    assert.ok(grown <= 80, `expected at most 80 MB more; got ${grown}`);
    await page.context().close();
  });

  it('jumps by the scrubber, loads only where it rests, and what is on the screen stays there', async () => {
    const page = await open();
    await until(page, isSettled);
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);
    const asked: URLSearchParams[] = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.pathname === '/images') asked.push(url.searchParams);
    });
    const track = await page.getByRole('slider', { name: 'Date' }).boundingBox();
    assert.ok(track);
    const x = track.x + track.width - 8;
    await page.mouse.move(x, track.y + 5); // the handle, not at its middle
    await page.mouse.down();
    await page.mouse.move(x, track.y + 5 + track.height * 0.9, { steps: 20 });
    await page.mouse.move(x, track.y + 5 + track.height * 0.75, { steps: 5 });
    assert.equal(asked.length, 0, 'expected no request before it rests');
    await page.clock.runFor(200);
    await page.mouse.up();
    await page.clock.resume();
    await until(page, isSettled);

    const span = createdAt(0).getTime() - createdAt(COUNT - 1).getTime();
    const rested = createdAt(0.75 * COUNT).getTime();
    for (const query of asked) {
      const time = Date.parse(`${query.get('taken_to') ?? query.get('taken_from')}Z`);
      assert.ok(Math.abs(time - rested) < span / 20, `expected a page near ${new Date(rested)}; got ${query}`);
    }
    assert.ok(asked.length > 0 && asked.length <= 4, `expected a few pages; got ${asked.length}`);

    // Up through gaps that are filled while they are on the screen.
    let answers = Promise.withResolvers<void>();
    await page.route('**/images?*', async (route) => {
      await answers.promise;
      await route.continue();
    });
    for (let filled = 0; filled < 2; ) {
      const { id, top } = await scrolledBy(page, -400);
      if (!(await page.evaluate(isSettled))) {
        filled += 1;
        answers.resolve();
        await until(page, isSettled);
        answers = Promise.withResolvers();
      }
      const after = await topOf(page, id);
      assert.ok(Math.abs(after - top) <= 1, `expected ${id} at ${top}; got ${after}`);
    }
    await page.context().close();
  });

  it('shows only the handle of the scrubber at rest, the years while the page moves, and takes no other click', async () => {
    const page = await open();
    await until(page, isSettled);
    const slider = page.getByRole('slider', { name: 'Date' });
    const box = await slider.boundingBox();
    assert.ok(box);
    const seen = () =>
      page.evaluate<readonly string[]>(`(async () => {
        const slider = document.querySelector('[role=slider]');
        await Promise.allSettled(slider.getAnimations({ subtree: true }).map((one) => one.finished));
        return [...slider.children].filter((one) => one.checkVisibility({ checkOpacity: true })).map((one) => one.innerText);
      })()`);
    assert.deepEqual(await seen(), ['']);
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000); // the years stay until they have been read
    await page.mouse.wheel(0, 600);
    await page.locator('[role=slider][data-seen=true]').waitFor();
    const words = await seen();
    for (const text of ['2025', '2024']) assert.ok(words.includes(text), `expected ${text} among ${words}`);
    assert.ok(!words.includes('2026'), `expected no year behind the date of the screen; got ${words}`);
    assert.ok(!words.includes('Oct'), `expected no months; got ${words}`);
    await page.clock.resume();
    await until(page, `document.querySelector('[role=slider]').dataset.seen === undefined`);
    assert.deepEqual(await seen(), ['']);
    const [x, y] = [box.x + box.width - 40, box.y + box.height / 2];
    assert.ok(await page.evaluate(`document.elementFromPoint(${x}, ${y}).closest('[role=slider]') === null`));
    const handle = await handleOf(page).boundingBox();
    assert.ok(handle);
    const [left, top] = [handle.x + handle.width / 2, handle.y + handle.height / 2];
    assert.ok(await page.evaluate(`document.elementFromPoint(${left}, ${top}).closest('[role=slider]') !== null`));
    await page.context().close();
  });

  it('is used by the keyboard, and the focus is never lost', async () => {
    const page = await open();
    await until(page, isSettled);
    await page.locator('[data-image]').first().focus();
    const press = async (key: string, expected: string | undefined): Promise<void> => {
      await page.keyboard.press(key);
      if (expected !== undefined) await until(page, isFocused(expected));
    };
    await press('ArrowRight', ids[1]);
    await press('ArrowRight', ids[2]);
    await press('ArrowLeft', ids[1]);
    const from = await page.locator(':focus').boundingBox();
    await press('ArrowDown', undefined);
    await until(page, `document.activeElement.dataset.image < '${ids[1]}'`);
    const below = await page.locator(':focus').boundingBox();
    assert.ok(from && below && below.y >= from.y + from.height, 'expected the row below');
    await press('ArrowUp', undefined);
    await press('Home', ids[0]);
    await press('End', ids.at(-1));
    await press('ArrowLeft', ids.at(-2));
    await press('PageUp', undefined);
    await until(page, `document.activeElement.dataset.image > '${ids.at(-2)}'`);
    await press('Home', ids[0]);
    await press('ArrowRight', ids[1]);

    await press('Enter', undefined);
    await page.waitForURL(`**/?image=${ids[1]}`);
    await page.goBack();
    await until(page, isFocused(ids[1]));
    await press('Backspace', ids[2]); // as Delete
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.locator(`[data-image="${ids[1]}"]`).waitFor();
    await page.context().close();
  });

  it('has no barriers at 390 and 1440 pixels, nor has the list of shortcuts', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [390, 1440]) {
        const page = await open({ colorScheme, viewport: { width, height: 800 } });
        await until(page, isSettled);
        assert.deepEqual(await barriersOf(page), []);
        await page.keyboard.press('?');
        await page.getByRole('dialog').waitFor();
        assert.deepEqual(await barriersOf(page), []);
        await page.context().close();
      }
    }
  });

  it('says that it is offline until it is online again', async () => {
    const page = await open();
    await page.context().setOffline(true);
    await page.getByText("You're offline.").waitFor();
    await page.keyboard.press('End');
    await page.context().setOffline(false);
    await page.getByText("You're offline.").waitFor({ state: 'hidden' });
    await until(page, isSettled);
    await page.context().close();
  });
});

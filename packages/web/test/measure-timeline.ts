/**
 * By hand: `node --conditions=safelight-source packages/web/test/measure-timeline.ts [images] [runs]`, after `npm run
 * build:web`. Fills a service with 100,000 images whose thumbnails are stored, scrolls and jumps through them in
 * Chromium, and prints the median of five runs.
 */
import { testImage } from '../../../test/pictures/test-images.ts';
import { startGallery } from './gallery.fixture.ts';
import { seedLibrary } from './seeded-library.fixture.ts';
import { heapOf, isSettled, scrolledThrough, scrubTo, until } from './timeline.fixture.ts';

const [count = 100_000, runs = 5] = process.argv.slice(2).map(Number);
/** Screens that each run scrolls through, and jumps of the scrubber. */
const SCREENS = 200;
const JUMPS = 20;

const SHAPES = [
  { width: 1_200, height: 800 },
  { width: 800, height: 1_200 },
  { width: 1_000, height: 600 },
  { width: 900, height: 900 },
];
const TEN_YEARS_MS = 10 * 365 * 86_400_000;

const OBSERVE = `
  globalThis.measured = { longTasks: 0, longest: 0, lcp: 0, thumbnail: 0 };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      measured.longTasks += 1;
      measured.longest = Math.max(measured.longest, duration);
    }
  }).observe({ type: 'longtask', buffered: true });
  new PerformanceObserver((list) => {
    for (const { startTime } of list.getEntries()) measured.lcp = startTime;
  }).observe({ type: 'largest-contentful-paint', buffered: true });
  document.addEventListener('load', ({ target }) => {
    if (target.tagName === 'IMG') measured.thumbnail ||= performance.now();
  }, true);`;

interface Measured {
  readonly longTasks: number;
  readonly longest: number;
  readonly lcp: number;
  readonly thumbnail: number;
}

const pictures = await Promise.all(
  SHAPES.map(async (shape, seed) => ({
    bytes: await testImage({ type: 'image/jpeg', ...shape, seed }),
    filename: `shape-${seed}.jpg`,
  })),
);
const newest = Date.now();
const at = (index: number): Date => new Date(newest - Math.round((index / count) * TEN_YEARS_MS));
await using gallery = await startGallery({}, (folder) => seedLibrary(folder, { count, at, pictures }));

const results: Record<string, number>[] = [];
for (let run = 0; run < runs; run += 1) {
  const context = await gallery.browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(OBSERVE);
  await page.goto(gallery.service.origin);
  await page.waitForSelector('[data-image] img[data-loaded]');
  await until(page, isSettled);
  const first = await page.evaluate<Measured>('({ ...measured })');
  const before = await heapOf(page);
  const { mostNodes, shift } = await scrolledThrough(page, SCREENS);
  for (let jump = 0; jump < JUMPS; jump += 1) {
    await scrubTo(page, ((jump * 7) % JUMPS) / JUMPS);
    await until(page, isSettled);
  }
  const heap = await heapOf(page);
  const last = await page.evaluate<Measured>('({ ...measured })');
  results.push({
    'LCP (ms)': first.lcp,
    'first thumbnail (ms)': first.thumbnail,
    'long tasks while loading': first.longTasks,
    'long tasks while scrolling and jumping': last.longTasks - first.longTasks,
    'longest task (ms)': last.longest,
    nodes: mostNodes,
    'heap at the start (MB)': before / 1e6,
    'heap above the start (MB)': (heap - before) / 1e6,
    'layout shift': shift,
  });
  console.log(results.at(-1));
  await context.close();
}
console.log(`Median of ${runs}, ${count} images:`);
for (const name of Object.keys(results[0] ?? {})) {
  const sorted = results.map((one) => one[name] ?? 0).toSorted((a, b) => a - b);
  console.log(`${name}: ${sorted[Math.floor(sorted.length / 2)]?.toFixed(name === 'layout shift' ? 4 : 1)}`);
}

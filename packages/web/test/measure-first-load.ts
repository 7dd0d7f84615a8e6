/**
 * By hand: `node --conditions=safelight-source packages/web/test/measure-first-load.ts [--rounds 5] [CHECKOUT...]`.
 * Opens the gallery of each checkout in turn, or of this one, as on a phone's network with a slow processor, and prints
 * medians. Each has its packages installed.
 */
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { photographs, scaledDown } from '../../../bench/photographs.ts';
import { testImage } from '../../../test/pictures/test-images.ts';
import type { Gallery } from './gallery.fixture.ts';
import { filesOf } from './uploads.fixture.ts';

const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '5' } },
  allowPositionals: true,
});
const rounds = Number(values.rounds);
const checkouts = positionals.length > 0 ? positionals : ['.'];

/**
 * "Fast 4G" of Chrome's developer tools (`Fast4GConditions` in its NetworkManager.ts): bytes a second, and
 * milliseconds.
 */
const FAST_4G = {
  offline: false,
  latency: 60 * 2.75,
  downloadThroughput: ((9 * 1_000 * 1_000) / 8) * 0.9,
  uploadThroughput: ((1.5 * 1_000 * 1_000) / 8) * 0.9,
};
const CPU_SLOWDOWN = 4;
const SCREENS = {
  laptop: { viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1 },
  'sharp laptop': { viewport: { width: 1440, height: 900 }, deviceScaleFactor: 2 },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, isMobile: true, hasTouch: true },
} as const;
type Screen = (typeof SCREENS)[keyof typeof SCREENS];
/** Images, over 100 days. */
const COUNT = 2_000;
const SPAN_MS = 100 * 86_400_000;
const ARRIVING = 40;
/** After the last picture has arrived: the browser tells what it has painted later. */
const PAINTED_MS = 1_000;

const OBSERVE = `
  globalThis.measured = { lcp: 0, thumbnail: 0, shift: 0 };
  new PerformanceObserver((list) => {
    for (const { startTime } of list.getEntries()) measured.lcp = startTime;
  }).observe({ type: 'largest-contentful-paint', buffered: true });
  new PerformanceObserver((list) => {
    for (const { value } of list.getEntries()) measured.shift += value;
  }).observe({ type: 'layout-shift', buffered: true });
  document.addEventListener('load', ({ target }) => {
    if (target.closest('[data-image]')) measured.thumbnail ||= performance.now();
  }, true);`;

/** In the page: each tile on the screen has its picture. */
const IS_COMPLETE = `((tiles) => tiles.length > 0 && tiles.every((tile) => {
  const image = tile.querySelector('img');
  return image?.complete && image.naturalWidth > 0;
}))([...document.querySelectorAll('[data-image]')].filter((one) => {
  const { top, bottom } = one.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}))`;

const rounded = (value: number): number => Number(value.toPrecision(3));

interface Measured {
  readonly lcp: number;
  readonly thumbnail: number;
  readonly shift: number;
}

type Figures = Readonly<Record<string, number>>;

const newest = Date.now();
const at = (index: number): Date => new Date(newest - Math.round((index / COUNT) * SPAN_MS));
const pictures = await Promise.all(
  (await photographs()).all.map(async (one, index) => ({ bytes: await scaledDown(one), filename: `${index}.jpg` })),
);

async function startIn(checkout: string): Promise<Gallery> {
  const load = (name: string) => import(pathToFileURL(join(resolve(checkout), 'packages/web/test', name)).href);
  const { startGallery } = (await load('gallery.fixture.ts')) as typeof import('./gallery.fixture.ts');
  const { seedLibrary } = (await load('seeded-library.fixture.ts')) as typeof import('./seeded-library.fixture.ts');
  return startGallery({ LOG_LEVEL: 'silent' }, (folder) => seedLibrary(folder, { count: COUNT, at, pictures }));
}

/** In a new browser profile, so that nothing is cached. */
async function openSlowly({ browser, service }: Gallery, screen: Screen) {
  const context = await browser.newContext(screen);
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', FAST_4G);
  await session.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
  const bytes = { code: 0, lists: 0, pictures: 0 };
  const kinds = new Map<string, keyof typeof bytes>();
  session.on('Network.responseReceived', ({ requestId, type, response: { url } }) => {
    if (['Script', 'Stylesheet'].includes(type)) kinds.set(requestId, 'code');
    else if (new URL(url).pathname === '/images') kinds.set(requestId, 'lists');
    else if (type === 'Image') kinds.set(requestId, 'pictures');
  });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const kind = kinds.get(requestId);
    if (kind) bytes[kind] += encodedDataLength;
  });
  await page.addInitScript(OBSERVE);
  await page.goto(service.origin, { waitUntil: 'commit' });
  while (!(await page.evaluate(IS_COMPLETE))) await delay(200); // seldom, so that it takes no time from the page
  return { page, bytes, [Symbol.asyncDispose]: () => context.close() };
}

async function firstLoad(gallery: Gallery, screen: Screen): Promise<Figures> {
  await using opened = await openSlowly(gallery, screen);
  await delay(PAINTED_MS);
  const { lcp, thumbnail, shift } = await opened.page.evaluate<Measured>('({ ...measured })');
  const { code, lists, pictures } = opened.bytes;
  return {
    'first thumbnail (ms)': thumbnail,
    'LCP (ms)': lcp,
    'layout shift': shift,
    'scripts and styles (KB)': code / 1e3,
    'lists (KB)': lists / 1e3,
    'pictures (KB)': pictures / 1e3,
  };
}

async function shiftWhilePicturesArrive(gallery: Gallery): Promise<number> {
  const bytes = await Promise.all(
    Array.from({ length: ARRIVING }, (_, seed) => testImage({ type: 'image/png', width: 60, height: 40, seed })),
  );
  await using files = await filesOf(Object.fromEntries(bytes.map((one, index) => [`${index}.png`, one])));
  await using opened = await openSlowly(gallery, SCREENS.laptop);
  const { page } = opened;
  await page.locator('[data-chooser=files]').setInputFiles([...files.paths]);
  await page.getByText(`${ARRIVING} uploaded`).first().waitFor();
  return (await page.evaluate<Measured>('({ ...measured })')).shift;
}

await using stack = new AsyncDisposableStack();
const galleries: Gallery[] = [];
for (const checkout of checkouts) galleries.push(stack.use(await startIn(checkout)));
for (const [name, screen] of Object.entries(SCREENS)) {
  const results = galleries.map((): Figures[] => []);
  for (let round = -1; round < rounds; round += 1) {
    for (const [index, gallery] of galleries.entries()) {
      const figures = await firstLoad(gallery, screen);
      if (round >= 0) results[index]?.push(figures); // the one before the first makes the presets that it shows
    }
  }
  console.log(`\nOn a ${name}, medians of ${rounds}:`);
  console.table(
    Object.fromEntries(
      Object.keys(results[0]?.[0] ?? {}).map((name) => {
        const medians = results.map((all) => medianOf(all.map((one) => one[name] ?? 0)));
        const [first = 0] = medians;
        const named = Object.fromEntries(checkouts.map((checkout, index) => [checkout, rounded(medians[index] ?? 0)]));
        return [name, { ...named, 'last / first': rounded((medians.at(-1) ?? 0) / first) }];
      }),
    ),
  );
}
for (const [index, gallery] of galleries.entries())
  console.log(
    `${checkouts[index]}: layout shift of ${await shiftWhilePicturesArrive(gallery)} with ${ARRIVING} uploads`,
  );

function medianOf(all: readonly number[]): number {
  const sorted = all.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

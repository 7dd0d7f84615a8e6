import assert from 'node:assert/strict';
import { it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { until } from './viewer.fixture.ts';

/** Script and style that the page asks for before it is idle, compressed by gzip. */
const MOST_BYTES = 125_500;

/** In the page: it is never idle, and time doesn't replace that. */
const NEVER_IDLE = `{
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (run, ms, ...rest) => (ms === 5_000 ? 0 : setTimeout(run, ms, ...rest));
  globalThis.requestIdleCallback = () => 0;
}`;

it('shows the gallery at the root', { skip: NO_CHROMIUM }, async () => {
  await using gallery = await startGallery();
  const { page, complaints } = await gallery.open();
  await page.getByRole('heading', { name: 'Safelight' }).waitFor();
  assert.deepEqual(complaints, []);
});

it('loads little before its pictures', { skip: NO_CHROMIUM }, async (t) => {
  await using gallery = await startGallery();
  for (let seed = 1; seed <= 40; seed += 1) await gallery.seed(seed);
  const { page, context } = await gallery.open({ path: 'about:blank' });
  await context.addInitScript(NEVER_IDLE);
  const sizes = new Map<string, number>();
  page.on('requestfinished', async (request) => {
    if (!['script', 'stylesheet'].includes(request.resourceType())) return;
    const body = await (await request.response())?.body();
    sizes.set(new URL(request.url()).pathname, gzipSync(body ?? Buffer.alloc(0), { level: 9 }).byteLength);
  });
  await page.goto(gallery.service.origin);
  await until(
    page,
    `document.querySelectorAll('[data-image] img').length > 0
    && [...document.querySelectorAll('[data-image] img')].every((image) => image.complete)`,
  );
  await page.waitForLoadState('networkidle');
  for (const [path, bytes] of sizes) t.diagnostic(`${path}: ${bytes} bytes`);
  assert.ok(sizes.size > 2);
  const sum = [...sizes.values()].reduce((all, bytes) => all + bytes, 0);
  assert.ok(sum <= MOST_BYTES, `expected at most ${MOST_BYTES} bytes; got ${sum}`);
});

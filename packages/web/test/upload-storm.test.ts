import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { startCuttingProxy } from '../../client/test/cutting-proxy.ts';
import { NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { miscounts, stormFiles } from './storm-files.fixture.ts';
import { dragOver, filesOf, hintOf, listed, reasonsIn, saying } from './uploads.fixture.ts';

const SEED = Number(process.env['SEED'] ?? 20261123);

describe(`300 files that are dropped at once (SEED=${SEED})`, { skip: NO_CHROMIUM }, () => {
  it('are each an image, once, or have a reason, although the network is cut twice and the page reloaded', async () => {
    const storm = await stormFiles(SEED);
    assert.equal(storm.length, 300);
    const bad = storm.filter(({ reason }) => reason);
    await using files = await filesOf(Object.fromEntries(storm.map(({ name, bytes }) => [name, bytes])));
    await using gallery = await startGallery({ LOG_LEVEL: 'silent' });
    const { origin } = gallery.service;
    await using proxy = await startCuttingProxy(origin);
    const { page } = await gallery.open({ path: 'about:blank' });
    await page.goto(proxy.origin);
    await page.locator('[data-chooser=files]').waitFor({ state: 'attached' });

    const untilStored = async (count: number): Promise<void> => {
      while ((await listed(origin)).length < count) await setTimeout(50);
    };
    const cut = async (): Promise<void> => {
      const goUp = proxy.goDown();
      await saying(page, 'The connection is gone.');
      goUp();
    };

    const dragged = await dragOver(page, files.paths);
    await hintOf(page).waitFor(); // the page has agreed: otherwise there is no drop
    await dragged.drop();
    await untilStored(20);
    await cut();
    await untilStored(60);
    // A person would be asked before the page forgets files that the browser hasn't kept yet.
    while (!(await page.evaluate("dispatchEvent(new Event('beforeunload', { cancelable: true }))")))
      await setTimeout(50);
    await page.reload();
    await untilStored(110);
    await cut();
    await saying(page, new RegExp(`^[\\d,]+ uploaded · ${bad.length} not uploaded`));

    const reasons = await reasonsIn(page);
    assert.deepEqual(Object.keys(reasons).toSorted(), bad.map(({ name }) => name).toSorted());
    for (const { name, reason } of bad) assert.match(reasons[name] ?? '', reason ?? /^$/, name);
    const stored = (await listed(origin)).map(({ sha256 }) => sha256);
    const good = storm.filter(({ reason }) => !reason);
    assert.deepEqual(miscounts(good, stored), []);
    assert.deepEqual(await listed(origin, 'user_id=me&status=pending'), []);
  });
});

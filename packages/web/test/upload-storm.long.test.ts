import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { startHaltingProxy } from './halting-proxy.fixture.ts';
import { miscounts, stormFiles } from './storm-files.fixture.ts';
import { dragOver, filesOf, listed, PATIENCE_MS, reasonsIn, saying } from './uploads.fixture.ts';

const SEED = Number(process.env['SEED'] ?? 20261123);

describe(`300 files that are dropped at once (SEED=${SEED})`, { skip: NO_CHROMIUM }, () => {
  it('are each an image, once, or have a reason, although the network is cut twice and the page reloaded', async () => {
    const storm = await stormFiles(SEED);
    assert.equal(storm.length, 300);
    const bad = storm.filter(({ reason }) => reason);
    await using files = await filesOf(Object.fromEntries(storm.map(({ name, bytes }) => [name, bytes])));
    await using gallery = await startGallery({ LOG_LEVEL: 'silent' });
    const { origin } = gallery.service;
    await using proxy = await startHaltingProxy(origin);
    const { page } = await gallery.open({ path: 'about:blank' });
    await page.goto(proxy.origin);
    await page.locator('[data-chooser=files]').waitFor({ state: 'attached' });

    const cutAfter = async (halted: Promise<void>): Promise<void> => {
      await Promise.race([halted, page.waitForTimeout(PATIENCE_MS)]);
      assert.ok(proxy.halted() > 0, 'the cut hits uploads under way');
      const { goUp } = proxy.cut();
      await saying(page, 'The connection is gone.');
      goUp();
    };

    const first = proxy.haltAfter(20, 'body');
    await (await dragOver(page, files.paths)).drop();
    await cutAfter(first);

    await Promise.race([proxy.haltAfter(40, 'body'), page.waitForTimeout(PATIENCE_MS)]);
    // A person would be asked before the page forgets files that the browser hasn't kept yet.
    while (!(await page.evaluate("dispatchEvent(new Event('beforeunload', { cancelable: true }))")))
      await setTimeout(50);
    assert.ok(proxy.halted() > 0, 'the reload hits uploads under way');
    const second = proxy.haltAfter(50, 'answer');
    await page.reload();
    await cutAfter(second);
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

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../../../test/acceptance/eventually.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture, call } from './pictures.fixture.ts';
import { untilShown } from './shown-pictures.fixture.ts';
import { openAt } from './viewer.fixture.ts';

describe('tiles on a bad network', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  before(async () => {
    gallery = await startGallery();
  });
  after(() => gallery[Symbol.asyncDispose]());

  it('are tried again until they are there', async () => {
    const id = await addPicture(gallery, { seed: 1 });
    const { page } = await openAt(gallery, 'about:blank');
    let refused = 0;
    await page.route(`**/images/${id}/renditions/**`, (route) => {
      refused += 1;
      return refused <= 2 ? route.abort() : route.continue();
    });
    await page.goto(gallery.service.origin);
    await page.locator(`[data-image="${id}"] img[data-loaded]`).waitFor();
    await page.context().close();
  });

  it('are tried again at once when the network is back', async () => {
    const id = await addPicture(gallery, { seed: 2 });
    const { page } = await openAt(gallery, 'about:blank');
    await page.clock.install();
    const pattern = `**/images/${id}/renditions/**`;
    await page.route(pattern, (route) => route.abort());
    const failed = () =>
      page.waitForEvent('requestfailed', (request) => request.url().includes(`/images/${id}/renditions/`));
    await Promise.all([failed(), page.goto(gallery.service.origin)]);
    await Promise.all([failed(), page.clock.pauseAt(Date.now() + 60_000)]); // time stands still: only the event can lead to another attempt
    await page.unroute(pattern);
    const loaded = page.locator(`[data-image="${id}"] img[data-loaded]`);
    await eventually(async () => {
      await page.evaluate("dispatchEvent(new Event('online'))"); // a tile whose attempt is still failing ignores it
      assert.ok(await loaded.isVisible());
    });
    await page.context().close();
  });

  it('stay where they are if the viewer can not be loaded', async () => {
    const id = await addPicture(gallery, { seed: 5 });
    const { page } = await openAt(gallery, 'about:blank');
    await page.route('**/assets/photo-viewer-*.js', (route) => route.abort());
    await page.goto(gallery.service.origin);
    await page.locator(`[data-image="${id}"]`).click();
    await page.getByText("The picture can't be opened. Check your connection, and reload the page.").waitFor();
    assert.equal(new URL(page.url()).search, '');
    assert.equal(await page.getByRole('dialog').count(), 0);
    await page.unroute('**/assets/photo-viewer-*.js');
    await page.reload();
    await page.locator(`[data-image="${id}"]`).click();
    await page.getByRole('dialog', { name: 'picture-5.jpg' }).waitFor();
    await page.context().close();
  });

  it('keep their place without a picture if that is gone', async () => {
    const [id, other] = [await addPicture(gallery, { seed: 3 }), await addPicture(gallery, { seed: 4 })];
    const { page } = await openAt(gallery, 'about:blank');
    await page.route(`**/images/${id}/renditions/**`, async (route) => {
      await call(gallery, 'DELETE', `/images/${id}?permanent=true`).catch(() => undefined);
      await route.continue();
    });
    await page.goto(gallery.service.origin);
    await untilShown(page, other);
    await page.locator(`[data-image="${id}"]`).getByText('Gone').waitFor();
    assert.equal(await page.locator(`[data-image="${other}"]`).count(), 1);
    await page.context().close();
  });
});

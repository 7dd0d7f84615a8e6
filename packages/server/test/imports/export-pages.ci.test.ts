import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { exportService } from '../../src/admin/exports/export-service.ts';
import { newImageId, samplePending, samplePublished } from '../../src/records/images/sample-images.fixture.ts';
import { addStored, PLACES } from '../backups/place.ts';
import { launchChromium, NO_CHROMIUM } from '../services/chromium.ts';

const HOSTILE = '"><img src=x onerror=document.title=1><script>document.title=2</script>.jpg';

it('the pages of an export show its pictures without a server, some at a time, and run nothing', {
  skip: NO_CHROMIUM,
  timeout: 240_000,
}, async () => {
  await using place = await PLACES['SQLite and disk']();
  await using composition = await place.open();
  const bytes = await testImage({ type: 'image/jpeg', width: 400, height: 300 });
  for (let n = 0; n < 250; n += 1) {
    const id = newImageId(new Date(Date.UTC(2026, 6, 1) + n * 60_000));
    const userId = n === 249 ? '<b>bob</b>' : 'ada';
    const pending = samplePending({ id, userId, filename: n === 0 ? HOSTILE : `${n}.jpg`, description: HOSTILE });
    await addStored(composition.services, samplePublished(pending), bytes);
  }
  const dir = join(place.folder, 'export');
  await exportService(composition.services, dir, { userId: null });

  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1_000, height: 700 } });
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(pathToFileURL(join(dir, 'index.html')).href);
    assert.deepEqual(await page.locator('li').allInnerTexts(), ['<b>bob</b> (1)', 'ada (249)']);
    await page.getByText('ada (249)').click();
    await page.getByText('July 2026').click();
    await page.waitForLoadState('load');
    assert.equal(await page.title(), 'July 2026, page 1');
    assert.equal(await page.locator('li').count(), 200);
    assert.match(await page.locator('li').first().innerText(), /"><img src=x onerror=document\.title=1><script>/);
    const shown = () =>
      page.evaluate<number>('[...document.images].filter((one) => one.complete && one.naturalWidth === 400).length');
    const first = await shown();
    assert.ok(first > 0 && first < 150, `expected the pictures near the window; got ${first}`);
    await page.getByText('Next page').click();
    await page.waitForLoadState('load');
    assert.equal(await page.locator('li').count(), 49);
    await page.getByText('Previous page').click();
    await page.getByText('All months').click();
    await page.waitForLoadState('load');
    assert.equal(await page.title(), 'ada');
    assert.deepEqual(
      asked.filter((url) => !url.startsWith(pathToFileURL(dir).href)),
      [],
    );
  } finally {
    await browser.close();
  }
});

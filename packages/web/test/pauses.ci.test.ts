import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testImage } from '../../../test/pictures/test-images.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { choose, filesOf, PATIENCE_MS, trayOf } from './uploads.fixture.ts';

describe('a gallery whose rate limits are used up', { skip: NO_CHROMIUM }, () => {
  const limited = (limit: string): Promise<Gallery> => startGallery({ LOG_LEVEL: 'silent', RATE_LIMITS: limit });

  /** Two numbers of a line that counts down. */
  async function counted(line: (seconds: string) => Promise<number>): Promise<void> {
    const first = await line('\\d+');
    assert.ok(first > 1 && first <= 61, `${first}`);
    assert.ok((await line(`(?!${first})\\d+`)) < first);
  }

  it('counts the seconds down in the tray', async () => {
    await using files = await filesOf({ 'a.png': await testImage({ type: 'image/png', width: 8, height: 8 }) });
    await using gallery = await limited('grant=1/m');
    const { page } = await gallery.open();
    await page.locator('[data-chooser=files]').waitFor({ state: 'attached' }); // which may take as long as the limit lasts
    // From the page's address. With an upload of its own under way the tray would render for other reasons than the
    // time.
    const taken = await fetch(`${gallery.service.origin}/uploads`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ user_id: 'ada', content_type: 'image/png' }),
    });
    assert.equal(taken.status, 201);
    await choose(page, files.paths);
    await counted(async (seconds) => {
      const line = trayOf(page).getByText(
        new RegExp(`^Uploading too quickly\\. Continuing in ${seconds} seconds?\\.$`),
      );
      await line.waitFor({ timeout: PATIENCE_MS });
      return numberIn(await line.innerText());
    });
  });

  it('counts the seconds down while lists wait', async () => {
    await using gallery = await limited('list=1/m');
    const { page } = await gallery.open({ path: 'about:blank' });
    await fetch(`${gallery.service.origin}/images`); // from the page's address
    await page.goto(gallery.service.origin);
    await counted(async (seconds) => {
      const line = page.locator('[aria-hidden]').getByText(new RegExp(`^The service asks us to wait ${seconds} s\\.$`));
      await line.waitFor({ timeout: PATIENCE_MS });
      return numberIn(await line.innerText());
    });
  });
});

const numberIn = (text: string): number => Number(/\d+/.exec(text)?.[0]);

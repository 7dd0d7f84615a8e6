import assert from 'node:assert/strict';
import { it } from 'node:test';
import { NO_CHROMIUM, startGallery } from './gallery.fixture.ts';

it('shows the gallery at the root', { skip: NO_CHROMIUM }, async () => {
  await using gallery = await startGallery();
  const { page, complaints } = await gallery.open();
  await page.getByRole('heading', { name: 'Safelight' }).waitFor();
  assert.deepEqual(complaints, []);
});

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { signIn, startClosedGallery } from './closed-gallery.fixture.ts';
import { NO_CHROMIUM } from './gallery.fixture.ts';
import { untilShown } from './shown-pictures.fixture.ts';

it("with a service's key every change names the owner of the picture, also where everybody's are shown", {
  skip: NO_CHROMIUM,
}, async () => {
  await using gallery = await startClosedGallery();
  const body = JSON.stringify({ name: 'all', acts_as: ['*'], scopes: ['images:read', 'images:write'] });
  const headers = { 'Content-Type': 'application/json' };
  const made = await gallery.as(gallery.admin, '/keys', { method: 'POST', headers, body });
  const { key } = (await made.json()) as { readonly key: string };
  const id = await gallery.seedAs(await gallery.keyOf('zoë'), 7);
  const { page } = await gallery.open({ path: `/?image=${id}` });
  await signIn(page, key);
  const viewer = page.locator('[role=dialog][data-is-ready]');
  await viewer.waitFor();
  await viewer.getByRole('button', { name: 'Share' }).click();
  const dialog = page.getByRole('dialog', { name: 'Share' });
  await dialog.getByRole('button', { name: 'Create link' }).click();
  await dialog.getByRole('listitem').first().waitFor();
  await dialog.getByRole('button', { name: 'Revoke all' }).click();
  await page.getByRole('dialog', { name: 'Revoke all links?' }).getByRole('button', { name: 'Revoke all' }).click();
  await dialog.getByRole('listitem').first().waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await page.keyboard.press('Delete');
  await page.getByRole('status').filter({ hasText: 'Moved to the trash of \u2068zoë\u2069' }).waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await untilShown(page, id);
  assert.equal((await gallery.as(key, `/images/${id}/metadata`)).status, 200);
});

it('with a key by prefix any user is shown whose name begins so, and nobody else', { skip: NO_CHROMIUM }, async () => {
  await using gallery = await startClosedGallery();
  const body = JSON.stringify({ name: 'acme', acts_as_prefixes: ['acme:'], scopes: ['images:read', 'images:write'] });
  const headers = { 'Content-Type': 'application/json' };
  const made = await gallery.as(gallery.admin, '/keys', { method: 'POST', headers, body });
  const { key } = (await made.json()) as { readonly key: string };
  const id = await gallery.seedAs(await gallery.keyOf('acme:zoë'), 7);
  await gallery.seedAs(await gallery.keyOf('bob'), 8);
  const { page } = await gallery.open();
  await signIn(page, key);
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByText('You act for users whose names begin with acme:.').waitFor();
  const choose = async (user: string) => {
    await page.getByLabel('Whose pictures').fill(user);
    await page.getByRole('button', { name: 'Set', exact: true }).first().click();
  };
  await choose('acme:zoë');
  await untilShown(page, id);
  assert.equal(new URL(page.url()).searchParams.get('user'), 'acme:zoë');
  await choose('bob');
  await page.locator(`[href*="${id}"]`).waitFor({ state: 'detached' });
  assert.equal(await page.locator('[href*="image="]').count(), 0);
});

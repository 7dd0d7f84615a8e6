import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { testImage } from '../../server/test/pictures/test-images.ts';
import { type Gallery, startGallery } from './gallery.fixture.ts';

/** The gallery of a service that accepts API keys. */
export interface ClosedGallery extends Gallery {
  readonly admin: string;
  /** A new key of this user. */
  keyOf(user: string, scopes?: readonly string[]): Promise<string>;
  /** A request with a credential. */
  as(key: string, path: string, init?: RequestInit): Promise<Response>;
  /** Uploads a generated picture, and returns its id. */
  seedAs(key: string, seed: number): Promise<string>;
}

export async function startClosedGallery(environment: Record<string, string> = {}): Promise<ClosedGallery> {
  const gallery = await startGallery({ AUTH: 'api-key', ...environment });
  const admin = (await readFile(join(gallery.service.folder, 'data/admin-key'), 'utf8')).trim();
  const as: ClosedGallery['as'] = (key, path, init = {}) =>
    fetch(`${gallery.service.origin}${path}`, {
      ...init,
      headers: { ...init.headers, Authorization: `Bearer ${key}` },
    });
  return {
    ...gallery,
    admin,
    as,
    async keyOf(user, scopes = ['images:read', 'images:write']) {
      const body = JSON.stringify({ name: user, owner: user, scopes });
      const made = await as(admin, '/keys', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
      return ((await made.json()) as { readonly key: string }).key;
    },
    async seedAs(key, seed) {
      const form = new FormData();
      const picture = await testImage({ type: 'image/jpeg', width: 320, height: 240, seed });
      form.set('file', new File([new Uint8Array(picture)], `picture-${seed}.jpg`, { type: 'image/jpeg' }));
      const answer = await as(key, '/images', { method: 'POST', body: form });
      if (!answer.ok) throw new Error(`expected a picture to be stored; got ${answer.status} ${await answer.text()}`);
      return ((await answer.json()) as { readonly image_id: string }).image_id;
    },
  };
}

export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel('API key or upload token').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

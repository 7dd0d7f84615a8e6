import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { type Gallery, startGallery } from './gallery.fixture.ts';
import { storePicture } from './store-picture.fixture.ts';

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
    seedAs: (key, seed) => storePicture({ origin: gallery.service.origin, seed, key }),
  };
}

export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel('API key or token').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

import type { Page } from 'playwright-core';
import type { Gallery } from './gallery.fixture.ts';
import { call } from './pictures.fixture.ts';
import { type OpenViewer, openAt } from './viewer.fixture.ts';

export interface AlbumLinkJson {
  readonly link_id: string;
  readonly page_url: string;
  readonly url: string;
}

/** Makes an album of the user `me` with these pictures, in their order, and returns its id. */
export async function createAlbum(gallery: Gallery, fields: object, pictures: readonly string[]): Promise<string> {
  const made = await call(gallery, 'POST', '/albums', { user_id: 'me', title: 'Lisbon', ...fields });
  const { album_id: id } = made as { readonly album_id: string };
  for (let from = 0; from < pictures.length; from += 1_000)
    await call(gallery, 'POST', `/albums/${id}/images`, { add: pictures.slice(from, from + 1_000) });
  return id;
}

export const linkTo = async (gallery: Gallery, album: string, terms: object = {}): Promise<AlbumLinkJson> =>
  (await call(gallery, 'POST', `/albums/${album}/links`, terms)) as AlbumLinkJson;

/** The page of a link, in a browser of its own. `image`: in the viewer. */
export function openLink(
  gallery: Gallery,
  { page_url }: AlbumLinkJson,
  { image, ...options }: Parameters<Gallery['open']>[0] & { readonly image?: string } = {},
): Promise<OpenViewer> {
  const url = new URL(page_url);
  if (image !== undefined) url.searchParams.set('image', image);
  return openAt(gallery, `${url.pathname}${url.search}`, options);
}

/** As a page that somebody comes back to. */
export const comeBack = (page: Page): Promise<unknown> =>
  page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");

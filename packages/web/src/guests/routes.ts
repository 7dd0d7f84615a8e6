import { useSyncExternalStore } from 'react';
import type { Route as GalleryRoute, GoOptions } from '../routes.ts';

/**
 * What the page of a link shows: its address is the link's, with the picture in the viewer as one parameter more. Grid
 * and viewer import this as `#routes`; in the gallery that is its own routes.ts, with the same functions.
 */
export type Route = Pick<GalleryRoute, 'image'>;

const IMAGE = 'image';
const CHANGED = 'safelight-address';
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

let latest: { readonly search: string; readonly route: Route } | undefined;

/** The current route: one object until the address changes. */
export function currentRoute(): Route {
  const { search } = location;
  const id = new URLSearchParams(search).get(IMAGE) ?? '';
  if (latest?.search !== search) latest = { search, route: withImage(UUID.test(id) ? id : undefined) };
  return latest.route;
}

export function hrefOf({ image }: Route): string {
  const address = new URLSearchParams(location.search);
  address.delete(IMAGE);
  if (image !== undefined) address.set(IMAGE, image);
  return `${location.pathname}?${address}`;
}

export function go(route: Route, { replace = false }: GoOptions = {}): void {
  const href = hrefOf(route);
  if (replace) history.replaceState(null, '', href);
  else history.pushState(null, '', href);
  dispatchEvent(new Event(CHANGED));
}

export const withImage = (image: string | undefined): Route => ({ image });

export const useRoute = (): Route => useSyncExternalStore(subscribe, currentRoute);

function subscribe(listener: () => void): () => void {
  const events = ['popstate', CHANGED];
  for (const event of events) addEventListener(event, listener);
  return () => {
    for (const event of events) removeEventListener(event, listener);
  };
}

import { useSyncExternalStore } from 'react';
import { ALL, type LibraryQuery, soundQuery, type Visibility } from './library/library-query.ts';

/**
 * A view of pictures, of which one may be open in the viewer. Another value of `image` than a UUID is no image's id.
 */
interface Pictures<View extends string> {
  readonly view: View;
  readonly image: string | undefined;
  /** Whose pictures are shown; undefined: everybody's, or the caller's own. */
  readonly user: string | undefined;
}

interface Photos extends Pictures<'photos'> {
  readonly query: LibraryQuery;
}

interface Albums extends Pictures<'albums'> {
  /** undefined: all albums. */
  readonly album: string | undefined;
}

/**
 * What the page shows, as its address says: `/?view=trash&image=ID&user=ada`, `/?tag=sea&month=2024-07`. A reload and
 * Back keep it.
 */
export type Route = Photos | Albums | Pictures<'trash'>;
export type View = Route['view'];

/** Each view reads its own parameters. */
const ROUTES = {
  photos: (address) => ({ view: 'photos', ...picturesIn(address), query: queryIn(address) }),
  albums: (address) => ({ view: 'albums', ...picturesIn(address), album: idIn(address, 'album') }),
  trash: (address) => ({ view: 'trash', ...picturesIn(address) }),
} satisfies { readonly [Name in View]: (address: URLSearchParams) => Extract<Route, { readonly view: Name }> };

/** The view of an address that names none. */
const FIRST: View = 'photos';

const isView = (name: string): name is View => Object.hasOwn(ROUTES, name);

const CHANGED = 'safelight-address';
/** How the types of pictures begin: addresses leave it out. */
const TYPE = 'image/';
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

let latest: { readonly search: string; readonly route: Route } | undefined;

/** The current route: one object until the address changes. */
export function currentRoute(): Route {
  const { search } = location;
  if (latest?.search !== search) latest = { search, route: routeOf(new URLSearchParams(search)) };
  return latest.route;
}

export function routeOf(query: URLSearchParams): Route {
  const view = query.get('view') ?? '';
  return ROUTES[isView(view) ? view : FIRST](query);
}

function picturesIn(query: URLSearchParams): Omit<Pictures<View>, 'view'> {
  const user = query.get('user') ?? '';
  return { image: idIn(query, 'image'), user: user === '' ? undefined : user };
}

function idIn(query: URLSearchParams, name: string): string | undefined {
  const id = query.get(name) ?? '';
  return UUID.test(id) ? id : undefined;
}

/** Values that no library has are ignored. */
export function queryIn(address: URLSearchParams): LibraryQuery {
  const [type, visibility] = [address.get('type'), address.get('visibility')];
  return soundQuery({
    words: address.get('q') ?? undefined,
    tags: address.getAll('tag'),
    type: type === null ? undefined : `${TYPE}${type}`,
    month: address.get('month') ?? undefined,
    visibility: (visibility ?? undefined) as Visibility | undefined,
  });
}

/** The parameters of a query. */
export function addressOf({ words, tags, type, month, visibility }: LibraryQuery): URLSearchParams {
  const address = new URLSearchParams(tags.map((tag) => ['tag', tag]));
  for (const [name, value] of Object.entries({ q: words, type: type?.slice(TYPE.length), month, visibility }))
    if (value !== undefined) address.set(name, value);
  return address;
}

export function hrefOf(route: Route): string {
  const { view, image, user } = route;
  const address = new URLSearchParams(view === FIRST ? {} : { view });
  if (route.view === 'albums' && route.album !== undefined) address.set('album', route.album);
  if (image !== undefined) address.set('image', image);
  if (user !== undefined) address.set('user', user);
  if (route.view === 'photos') for (const [name, value] of addressOf(route.query)) address.append(name, value);
  return address.size === 0 ? '/' : `/?${address}`;
}

export interface GoOptions {
  /** Back skips what is shown now. */
  readonly replace?: boolean;
}

export function go(route: Route, { replace = false }: GoOptions = {}): void {
  const href = hrefOf(route);
  if (replace) history.replaceState(null, '', href);
  else history.pushState(null, '', href);
  dispatchEvent(new Event(CHANGED));
}

/** That view of the same user's pictures, without filters. */
export function toView(view: View): Route {
  const pictures = { image: undefined, user: currentRoute().user };
  if (view === 'photos') return { view, ...pictures, query: ALL };
  return view === 'albums' ? { view, ...pictures, album: undefined } : { view, ...pictures };
}

/** That album of the same user; undefined: all albums. */
export const toAlbum = (album: string | undefined): Route => ({ ...toView('albums'), view: 'albums', album });

/** The view that is shown, of that user's pictures; undefined: everybody's. */
export function ofUser(user: string | undefined): Route {
  const route = currentRoute();
  return { ...(route.view === 'albums' ? toAlbum(undefined) : route), image: undefined, user };
}

/** The photos of the same user that the query has. */
export const toQuery = (query: LibraryQuery): Route => ({ ...toView('photos'), view: 'photos', query });

/** The view that is shown, with that picture in the viewer, or with none. */
export const withImage = (image: string | undefined): Route => ({ ...currentRoute(), image });

export const useRoute = (): Route => useSyncExternalStore(subscribe, currentRoute);

function subscribe(listener: () => void): () => void {
  const events = ['popstate', CHANGED];
  for (const event of events) addEventListener(event, listener);
  return () => {
    for (const event of events) removeEventListener(event, listener);
  };
}

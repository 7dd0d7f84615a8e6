import { useSyncExternalStore } from 'react';

/**
 * A view of pictures, of which one may be open in the viewer. Another value of `image` than a UUID is no image's id.
 */
interface Pictures<View extends string> {
  readonly view: View;
  readonly image: string | undefined;
  /** Whose pictures are shown; undefined: everybody's, or the caller's own. */
  readonly user: string | undefined;
}

/** What the page shows, as its address says: `/?view=trash&image=ID&user=ada`. A reload and the browser's Back keep it. */
export type Route = Pictures<'photos'> | Pictures<'trash'>;
export type View = Route['view'];

/** Each view reads its own parameters; their names are those of its route. */
const ROUTES = {
  photos: (query) => ({ view: 'photos', ...picturesIn(query) }),
  trash: (query) => ({ view: 'trash', ...picturesIn(query) }),
} satisfies { readonly [Name in View]: (query: URLSearchParams) => Extract<Route, { readonly view: Name }> };

/** The view of an address that names none. */
const FIRST: View = 'photos';

const isView = (name: string): name is View => Object.hasOwn(ROUTES, name);

const CHANGED = 'safelight-address';
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
  const [image, user] = [query.get('image') ?? '', query.get('user') ?? ''];
  return { image: UUID.test(image) ? image : undefined, user: user === '' ? undefined : user };
}

export function hrefOf(route: Route): string {
  const { view, ...rest } = route;
  const query = new URLSearchParams(view === FIRST ? {} : { view });
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) query.set(name, value);
  return query.size === 0 ? '/' : `/?${query}`;
}

interface GoOptions {
  /** Back skips what is shown now. */
  readonly replace?: boolean;
}

export function go(route: Route, { replace = false }: GoOptions = {}): void {
  const href = hrefOf(route);
  if (replace) history.replaceState(null, '', href);
  else history.pushState(null, '', href);
  dispatchEvent(new Event(CHANGED));
}

/** That view of the same user's pictures. */
export const toView = (view: View): Route => ({ view, image: undefined, user: currentRoute().user });

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

import { useSyncExternalStore } from 'react';

/** What the page shows, as its address says: `/?view=trash&image=ID`. A reload and the browser's Back keep it. */
export interface Address {
  readonly view: 'photos' | 'trash';
  /** The image that is open in the viewer. */
  readonly image: string | undefined;
}

const CHANGED = 'safelight-address';
/** Another text is no image's id. */
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

let latest: { readonly search: string; readonly address: Address } | undefined;

/** The same object until the address changes. */
export function currentAddress(): Address {
  const { search } = location;
  if (latest?.search !== search) latest = { search, address: addressOf(new URLSearchParams(search)) };
  return latest.address;
}

function addressOf(query: URLSearchParams): Address {
  const image = query.get('image') ?? undefined;
  return {
    view: query.get('view') === 'trash' ? 'trash' : 'photos',
    image: image !== undefined && UUID.test(image) ? image : undefined,
  };
}

export function hrefOf({ view, image }: Address): string {
  const query = new URLSearchParams();
  if (view !== 'photos') query.set('view', view);
  if (image !== undefined) query.set('image', image);
  return query.size === 0 ? '/' : `/?${query}`;
}

/** With `replace`, Back skips what is shown now. */
export function go(change: Partial<Address>, { replace = false } = {}): void {
  const href = hrefOf({ ...currentAddress(), ...change });
  if (replace) history.replaceState(null, '', href);
  else history.pushState(null, '', href);
  dispatchEvent(new Event(CHANGED));
}

export const useAddress = (): Address => useSyncExternalStore(subscribe, currentAddress);

function subscribe(listener: () => void): () => void {
  const events = ['popstate', CHANGED];
  for (const event of events) addEventListener(event, listener);
  return () => {
    for (const event of events) removeEventListener(event, listener);
  };
}

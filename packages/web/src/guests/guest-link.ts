import { type components, type SafelightClient, SafelightError } from '@safelight/client';
import type { AskedPage } from '../albums/create-sequence.ts';
import { FIRST_PAGE } from '../library/library.ts';

export type SharedAlbum = components['schemas']['SharedAlbum'];
export type SharedImage = components['schemas']['SharedImage'];
type SharedImageList = components['schemas']['SharedImageList'];
type GuestPass = components['schemas']['GuestPass'];

/** A request of the API, below the link. */
export type LinkRequest = NonNullable<Parameters<SafelightClient['request']>[1]>;

/** `locked`: the password is needed, perhaps once more. `ended`: why the link shows nothing any more, for people. */
export type LinkState =
  | { readonly kind: 'open' }
  | { readonly kind: 'locked' }
  | { readonly kind: 'ended'; readonly sentence: string };

/** The link of this page's address. Its requests wait while it is locked. Errors: `SafelightError`. */
export interface GuestLink {
  readonly id: string;
  state(): LinkState;
  subscribe(listener: () => void): () => void;
  album(signal: AbortSignal): Promise<SharedAlbum>;
  /** In the order of the album; with a cursor in that in which the list began. */
  images(page: AskedPage): Promise<SharedImageList>;
  /** `part`: of the path, behind the link's. */
  request(part: string, request: LinkRequest): Promise<unknown>;
  /** Keeps the pass in memory, and lets the requests go on. */
  unlock(password: string): Promise<void>;
}

const OPEN: LinkState = { kind: 'open' };

/** The codes of a link that opens nothing; http/links/link-page.ts says the same. */
const ENDINGS: Readonly<Partial<Record<SafelightError['code'], string>>> = {
  'link-not-found': 'These pictures are no longer shared.',
  'link-expired': 'This link has ended.',
  'signature-invalid': 'This link is not valid. Perhaps a part of it is missing.',
};

/** The parameters that sign the link. */
const SEAL = ['exp', 'kid', 'sig'];

/**
 * `address`: that of the page, `/s/albums/{album_id}/{link_id}?exp=...&kid=...&sig=...`. Asks for the first pictures at
 * once, beside the album.
 */
export function createGuestLink(client: SafelightClient, address: URL): GuestLink {
  const [albumId = '', linkId = ''] = address.pathname.split('/').slice(-2);
  const path = `/albums/${albumId}/links/${linkId}`;
  const seal = Object.fromEntries(SEAL.map((name) => [name, address.searchParams.get(name) ?? '']));
  const listeners = new Set<() => void>();
  let state = OPEN;
  let pass: string | undefined;
  let unlocked = Promise.withResolvers<void>();
  /** The first pictures, until they are taken. */
  let first: Promise<unknown> | undefined = ask('/images', { query: { limit: FIRST_PAGE } });
  first.catch(() => undefined); // whoever takes it is told

  function become(next: LinkState): void {
    state = next;
    for (const listener of listeners) listener();
  }

  async function ask(part: string, request: LinkRequest): Promise<unknown> {
    const query = { ...seal, ...request.query };
    for (;;) {
      const sent = pass;
      try {
        const headers = { ...request.headers, ...(sent !== undefined && { authorization: `Bearer ${sent}` }) };
        return await client.request(`${path}${part}`, { ...request, query, headers });
      } catch (error) {
        if (!(error instanceof SafelightError)) throw error;
        if (error.code !== 'password-required') throw ended(error);
        if (sent === pass) lock();
        await unlessAborted(unlocked.promise, request.signal);
      }
    }
  }

  function lock(): void {
    pass = undefined;
    if (state.kind === 'open') become({ kind: 'locked' });
  }

  function ended(error: SafelightError): SafelightError {
    const sentence = ENDINGS[error.code];
    if (sentence !== undefined) become({ kind: 'ended', sentence });
    return error;
  }

  return {
    id: linkId,
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    album: (signal) => ask('', { signal }) as Promise<SharedAlbum>,
    images({ signal, ...page }) {
      const taken = page.cursor === undefined && page.limit === FIRST_PAGE ? first : undefined;
      first = undefined;
      return (taken ?? ask('/images', { query: page, signal })) as Promise<SharedImageList>;
    },
    request: ask,
    async unlock(password) {
      try {
        const request = { method: 'POST', query: seal, body: { password }, retries: 0 } as const;
        ({ pass } = (await client.request(`${path}/unlock`, request)) as GuestPass);
      } catch (error) {
        throw error instanceof SafelightError ? ended(error) : error;
      }
      unlocked.resolve();
      unlocked = Promise.withResolvers();
      become(OPEN);
    },
  };
}

function unlessAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal?.reason);
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort, { once: true });
    void promise.then(resolve);
  });
}

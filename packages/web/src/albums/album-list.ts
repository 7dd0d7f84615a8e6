import { type Album, type SafelightClient, SafelightError } from '@safelight/client';

export interface AlbumListSnapshot {
  /** Those that are loaded, the newest first; undefined: nothing is known yet. */
  readonly albums: readonly Album[] | undefined;
  /** Whether there are no more. */
  readonly isEnd: boolean;
  /** Why the latest request failed; the next that succeeds removes it. */
  readonly error: SafelightError | undefined;
}

/** The albums of one user, loaded page by page. */
export interface AlbumList {
  snapshot(): AlbumListSnapshot;
  subscribe(listener: () => void): () => void;
  /** Loads the next page, unless it is being loaded, or there is none. */
  more(): void;
  /** Reads what is loaded again; it stays until then. */
  refresh(): void;
  /** An album that was created or changed here. */
  put(album: Album): void;
  remove(id: string): void;
  close(): void;
}

interface AlbumListOptions {
  readonly client: SafelightClient;
  readonly owner: string;
}

interface AlbumPage {
  readonly albums: readonly Album[];
  readonly next_cursor: string | null;
}

/** A page fills a large screen. */
const PAGE = 60;

/** Begins to load the newest. */
export function createAlbumList({ client, owner }: AlbumListOptions): AlbumList {
  const closing = new AbortController();
  const { signal } = closing;
  const listeners = new Set<() => void>();
  let current: AlbumListSnapshot = { albums: undefined, isEnd: false, error: undefined };
  let cursor: string | null = null;
  let reading: Promise<void> | undefined;

  function change(next: Partial<AlbumListSnapshot>): void {
    if (signal.aborted) return;
    current = { ...current, ...next };
    for (const listener of listeners) listener();
  }

  async function read(from: string | null): Promise<AlbumPage> {
    const query = { user_id: owner, limit: PAGE, cursor: from ?? undefined };
    const page = (await client.request('/albums', { query, signal })) as AlbumPage;
    cursor = page.next_cursor;
    return page;
  }

  async function readNext(): Promise<void> {
    const { albums: next } = await read(cursor);
    const { albums: before = [] } = current;
    const known = new Set(before.map(({ album_id }) => album_id));
    const albums = [...before, ...next.filter(({ album_id }) => !known.has(album_id))];
    change({ albums, isEnd: cursor === null, error: undefined });
  }

  /** What is loaded, so that the page stays where it is scrolled to. */
  async function readAgain(): Promise<void> {
    const count = current.albums?.length ?? 0;
    const albums: Album[] = [];
    let from: string | null = null;
    do {
      const page = await read(from);
      albums.push(...page.albums);
      from = page.next_cursor;
    } while (from !== null && albums.length < count);
    change({ albums, isEnd: from === null, error: undefined });
  }

  function once(work: () => Promise<void>): Promise<void> {
    reading ??= work()
      .catch((error: unknown) => {
        if (signal.aborted) return;
        if (!(error instanceof SafelightError)) throw error;
        change({ error });
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  }

  void once(readNext);
  return {
    snapshot: () => current,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    more: () => void (current.isEnd || current.error || once(readNext)),
    refresh: () => void (reading ?? Promise.resolve()).then(() => once(readAgain)),
    put(album) {
      const { albums = [] } = current;
      const index = albums.findIndex(({ album_id }) => album_id === album.album_id);
      change({ albums: index < 0 ? [album, ...albums] : albums.with(index, album) });
    },
    remove: (id) => change({ albums: current.albums?.filter(({ album_id }) => album_id !== id) }),
    close: () => closing.abort(),
  };
}

import type { SafelightClient } from '../client.ts';
import type { ApiRequest } from '../http/api.ts';
import { pagesOf } from '../http/pages.ts';
import type { Image } from '../images/image.ts';
import { explain } from '../words/explain.ts';
import { type Changing, changing } from './changing.ts';

/** A list at one moment. Immutable, and the same object until something changes. */
export interface ImageListSnapshot {
  readonly images: readonly Image[];
  readonly isLoading: boolean;
  /** Why the last page didn't come, in words for the user. The images before it stay. */
  readonly error: string | undefined;
  /** Whether `more` would bring further images, as far as is known. */
  readonly hasMore: boolean;
}

export interface ImageList extends Pick<Changing<ImageListSnapshot>, 'snapshot' | 'subscribe'> {
  more(): Promise<void>;
  refresh(): Promise<void>;
  /** As `refresh`, without a sign of loading or of errors: nobody has asked. `further`: so many images more. */
  renew(further?: number): Promise<void>;
  /** Ends a running request. The list can be used again. */
  abort(): void;
}

type Query = NonNullable<ApiRequest['query']>;

/** Asks for a page of a list. */
export type AskForPage = (
  page: { readonly limit: number; readonly cursor: string | undefined },
  signal: AbortSignal,
) => Promise<unknown>;

export const pagesFrom =
  (client: SafelightClient, query: Query): AskForPage =>
  (page, signal) =>
    client.request('/images', { query: { ...query, ...page }, signal });

/** In an order by capture an image whose date changes between two pages is on both: its later place is right. */
function appended(images: readonly Image[], page: readonly Image[]): readonly Image[] {
  const ids = new Set(page.map(({ image_id: id }) => id));
  return [...images.filter(({ image_id: id }) => !ids.has(id)), ...page];
}

/** The service's limit of a page. */
const MAX_LIMIT = 1_000;

/** `limit`: images of a page. */
export function createImageList(askForPage: AskForPage, limit: number): ImageList {
  const { snapshot, subscribe, set } = changing<ImageListSnapshot>({
    images: [],
    isLoading: true,
    error: undefined,
    hasMore: true,
  });
  /** The cursor of the next page; null after the last one. */
  let cursor: string | null | undefined;
  let loading:
    | { readonly controller: AbortController; readonly ended: Promise<void>; readonly isQuiet: boolean }
    | undefined;

  const publish = (change: Partial<ImageListSnapshot>): void => set({ ...snapshot(), ...change });
  const abort = (): void => {
    loading?.controller.abort();
    loading = undefined;
  };

  /** Until `wanted` images are there, or the list ends. Only the newest load changes the list. */
  async function load(
    before: readonly Image[],
    { from, wanted, isQuiet = false }: { from?: string | undefined; wanted: number; isQuiet?: boolean },
  ): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    const run = async (): Promise<void> => {
      let [images, at]: [readonly Image[], string | null | undefined] = [before, from];
      try {
        const ask = (cursor: string | undefined) =>
          askForPage({ limit: Math.min(MAX_LIMIT, Math.max(limit, wanted - images.length)), cursor }, signal);
        for await (const page of pagesOf<Image>('images', ask, from)) {
          images = appended(images, page.items);
          at = page.next;
          if (images.length >= wanted) break;
        }
        if (signal.aborted) return;
        cursor = at;
        publish({ images, hasMore: at !== null, isLoading: false, error: undefined });
      } catch (error) {
        if (!signal.aborted && !isQuiet) publish({ error: explain(error), isLoading: false });
      }
      if (loading?.controller === controller) loading = undefined;
    };
    if (!isQuiet) publish({ isLoading: true, error: undefined });
    const ended = run();
    loading = { controller, ended, isQuiet };
    return ended;
  }

  return {
    abort,
    async more() {
      if (loading?.isQuiet) await loading.ended;
      if (loading) return loading.ended;
      if (cursor === null) return undefined;
      const { images } = snapshot();
      return load(images, { from: cursor, wanted: images.length + 1 });
    },
    async refresh() {
      abort();
      return load([], { wanted: Math.max(1, snapshot().images.length) });
    },
    async renew(further = 0) {
      while (loading) await loading.ended;
      return load([], { wanted: Math.max(1, snapshot().images.length + further), isQuiet: true });
    },
    snapshot,
    subscribe,
  };
}

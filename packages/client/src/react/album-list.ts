import type { Album, AlbumResults } from '../albums/albums.ts';
import type { SafelightClient } from '../client.ts';
import { SafelightError } from '../errors.ts';
import { explain } from '../words/explain.ts';
import { type Changing, changing } from './changing.ts';
import { createImageList, type ImageList, pagesFrom } from './image-list.ts';

/** An album at one moment. Immutable, and the same object until something changes. */
export interface AlbumSnapshot {
  /** undefined until it is read. */
  readonly album: Album | undefined;
  /** Why the last change failed, wholly or for an image, in words for the user. */
  readonly failed: string | undefined;
}

/** What a component does with an album. Each resolves with undefined if it failed. */
export interface AlbumActions {
  /**
   * Adds images, up to 1,000. `places`: where each comes back, as the results of `remove` say; absent: they come last.
   */
  add(imageIds: readonly string[], places?: readonly string[]): Promise<AlbumResults | undefined>;
  remove(imageIds: readonly string[]): Promise<AlbumResults | undefined>;
  /** In an album in the order by hand: behind the image `after`; null: to the beginning. */
  move(imageIds: readonly string[], after: string | null): Promise<AlbumResults | undefined>;
  rename(title: string): Promise<Album | undefined>;
}

export interface AlbumList extends Pick<Changing<AlbumSnapshot>, 'snapshot' | 'subscribe'>, AlbumActions {
  /** Its images. Reading them from the start reads the album too. */
  readonly images: ImageList;
}

type Query = Parameters<typeof pagesFrom>[1];

/** `limit`: images of a page. Without an `order` in the query the images are in that of the album. */
export function createAlbumList(
  client: SafelightClient,
  id: string,
  { query, limit }: { readonly query: Query; readonly limit: number },
): AlbumList {
  const { snapshot, subscribe, set } = changing<AlbumSnapshot>({ album: undefined, failed: undefined });
  const publish = (change: Partial<AlbumSnapshot>): void => set({ ...snapshot(), ...change });
  let askForImages = pagesFrom(client, query);

  const images = createImageList(async (page, signal) => {
    if (page.cursor === undefined) {
      const album = (await client.request(`/albums/${encodeURIComponent(id)}`, { signal })) as Album;
      askForImages = pagesFrom(client, { order: album.order, ...query, album: id }); // a cursor is of one order
      publish({ album });
    }
    return askForImages(page, signal);
  }, limit);

  /** `further`: so many images more are shown, if all are. */
  async function changed<Result extends Album | AlbumResults>(
    change: () => Promise<Result>,
    further = 0,
  ): Promise<Result | undefined> {
    publish({ failed: undefined });
    try {
      const result = await change();
      const { results = [] } = result as Partial<AlbumResults>;
      const problem = results.find(({ error }) => error)?.error;
      if (problem) publish({ failed: explain(new SafelightError(problem.code, problem.detail, problem)) });
      await images.renew(images.snapshot().hasMore ? 0 : further);
      return result;
    } catch (error) {
      publish({ failed: explain(error) });
      return undefined;
    }
  }

  const { albums } = client;
  return {
    images,
    add: (imageIds, places) => changed(() => albums.addImages(id, imageIds, places && { places }), imageIds.length),
    remove: (imageIds) => changed(() => albums.removeImages(id, imageIds)),
    move: (imageIds, after) => changed(() => albums.moveImages(id, imageIds, after)),
    rename: (title) => changed(() => albums.update(id, { title })),
    snapshot,
    subscribe,
  };
}

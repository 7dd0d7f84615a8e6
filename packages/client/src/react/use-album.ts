'use client';

import { useMemo, useSyncExternalStore } from 'react';
import type { Album } from '../albums/albums.ts';
import type { SafelightClient } from '../client.ts';
import { listQueryOf } from '../images/list-query.ts';
import { type AlbumActions, createAlbumList } from './album-list.ts';
import { type UseImages, type UseImagesOptions, useList } from './use-images.ts';

export type UseAlbumOptions = Omit<UseImagesOptions, 'album'>;

export interface UseAlbum extends UseImages, AlbumActions {
  /** undefined until it is read. */
  readonly album: Album | undefined;
}

/**
 * An album and its images in its order, or in that of the options, a page at a time. It changes by itself as the list
 * of `useImages` does, and after each change that its functions make. They never reject: a change that failed resolves
 * with undefined, or with results, and `error` says why.
 */
export function useAlbum(client: SafelightClient, id: string, options: UseAlbumOptions = {}): UseAlbum {
  const key = JSON.stringify(options);
  const list = useMemo(() => {
    const { limit = 50, metadata, ...query } = JSON.parse(key);
    return createAlbumList(client, id, { query: listQueryOf(query, metadata), limit });
  }, [client, id, key]);
  const images = useList(client, list.images, options.user_id);
  const { album, failed } = useSyncExternalStore(list.subscribe, list.snapshot, list.snapshot);
  const { add, remove, move, rename } = list;
  return { ...images, album, error: failed ?? images.error, add, remove, move, rename };
}

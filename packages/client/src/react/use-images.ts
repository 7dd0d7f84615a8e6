'use client';

import { useEffect, useMemo, useSyncExternalStore } from 'react';
import type { SafelightClient } from '../client.ts';
import type { ListOptions } from '../images/images.ts';
import { listQueryOf } from '../images/list-query.ts';
import { createImageList, type ImageList, type ImageListSnapshot, pagesFrom } from './image-list.ts';
import { onChanges } from './live.ts';

export interface UseImagesOptions extends Omit<ListOptions, 'signal' | 'fields' | 'limit'> {
  /** Images of a page. 1 to 1,000, default 50. */
  readonly limit?: number | undefined;
}

export interface UseImages extends ImageListSnapshot {
  /** The next page. While one is being loaded, that one; after an error the same again. */
  more(): Promise<void>;
  /** As many images as there are now, from the start. Those of before stay until the answer. */
  refresh(): Promise<void>;
}

/**
 * Images of the user, the newest first or in another `order`, a page at a time. Other options are another list. Of a
 * service with EVENTS=on the list changes by itself: it is read again, so each image has its place in the order. Its
 * functions never reject, and stay the same until the options change.
 */
export function useImages(client: SafelightClient, options: UseImagesOptions = {}): UseImages {
  const key = JSON.stringify(options);
  const list = useMemo(() => {
    const { limit = 50, metadata, ...query } = JSON.parse(key);
    return createImageList(pagesFrom(client, listQueryOf(query, metadata)), limit);
  }, [client, key]);
  return useList(client, list, options.user_id);
}

/** The list while the component is there, read again after changes of the user's images. */
export function useList(client: SafelightClient, list: ImageList, userId: string | undefined): UseImages {
  useEffect(() => {
    void list.refresh();
    const stop = onChanges(client, userId, () => void list.renew());
    return () => {
      stop();
      list.abort();
    };
  }, [list, client, userId]);
  const snapshot = useSyncExternalStore(list.subscribe, list.snapshot, list.snapshot);
  return { ...snapshot, more: list.more, refresh: list.refresh };
}

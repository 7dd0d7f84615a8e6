import type { Image } from '@safelight/client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useSession } from '../session/session.tsx';
import { onTrashChanged } from './trash-changed.ts';

export type TrashedPicture = Pick<
  Image,
  'image_id' | 'user_id' | 'filename' | 'width' | 'height' | 'placeholder' | 'dominant_color' | 'purge_at'
>;

const FIELDS = 'user_id,filename,width,height,placeholder,dominant_color,purge_at';
/** Several screens. */
const PAGE = 60;

export interface Trashed {
  /** undefined: not known yet. */
  readonly pictures: readonly TrashedPicture[] | undefined;
  readonly hasMore: boolean;
  readonly error: unknown;
  more(): void;
  reload(): void;
  remove(id: string): void;
}

/** The pictures in a user's trash, the newest first. A trash has one user, also where everybody's pictures are shown. */
export function useTrashed(): Trashed {
  const { client, user, ownUser } = useSession();
  const owner = user ?? ownUser;
  const [pictures, setPictures] = useState<readonly TrashedPicture[]>();
  const [hasMore, setHasMore] = useState(false);
  const [error, setError] = useState<unknown>();
  const [round, setRound] = useState(0);
  const list = useRef<AsyncGenerator<Image, void, void>>(undefined);
  const isReading = useRef(false);

  const more = useCallback(async (): Promise<void> => {
    const from = list.current;
    if (!from || isReading.current) return;
    isReading.current = true;
    setError(undefined);
    try {
      const page: TrashedPicture[] = [];
      while (page.length < PAGE) {
        const { done, value } = await from.next();
        if (done) break;
        page.push(value as TrashedPicture);
      }
      if (from !== list.current) return;
      setPictures((before = []) => [...before, ...page]);
      setHasMore(page.length === PAGE);
    } catch (problem) {
      if (from === list.current) setError(problem);
    } finally {
      if (from === list.current) isReading.current = false;
    }
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` asks for everything again
  useEffect(() => {
    list.current = client.images.list({ status: 'trashed', user_id: owner, fields: FIELDS, limit: PAGE });
    isReading.current = false;
    setPictures(undefined);
    void more();
    return () => {
      list.current = undefined;
    };
  }, [client, owner, more, round]);

  const reload = useCallback(() => setRound((count) => count + 1), []);
  useEffect(() => onTrashChanged(reload), [reload]);

  return {
    pictures,
    hasMore,
    error,
    more: () => void more(),
    reload,
    remove: (id) => setPictures((before) => before?.filter(({ image_id }) => image_id !== id)),
  };
}

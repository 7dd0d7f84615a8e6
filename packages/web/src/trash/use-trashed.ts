import type { Image } from '@safelight/client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { FIELDS, type Picture } from '../library/library.ts';
import { useSession } from '../session/session.tsx';
import { onTrashChanged } from './trash-changed.ts';

export type TrashedPicture = Picture & Pick<Image, 'purge_at'>;

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
  /** The picture, read page by page if need be; undefined: it isn't in this trash, or can't be read. */
  find(id: string): Promise<TrashedPicture | undefined>;
  /** The next one, older or newer. */
  beside(id: string, step: 1 | -1): Promise<TrashedPicture | undefined>;
}

/** The pictures in the owner's trash, the newest first. */
export function useTrashed(owner: string): Trashed {
  const { client } = useSession();
  const [pictures, setPictures] = useState<readonly TrashedPicture[]>();
  const [hasMore, setHasMore] = useState(false);
  const [error, setError] = useState<unknown>();
  const [round, setRound] = useState(0);
  const list = useRef<AsyncGenerator<Image, void, void>>(undefined);
  const known = useRef<{ pictures: readonly TrashedPicture[]; hasMore: boolean }>({ pictures: [], hasMore: true });
  const reading = useRef<Promise<void>>(undefined);

  const show = useCallback((next: typeof known.current): void => {
    known.current = next;
    setPictures(next.pictures);
    setHasMore(next.hasMore);
  }, []);

  const more = useCallback((): Promise<void> => {
    const from = list.current;
    const read = async (): Promise<void> => {
      if (!from) return;
      setError(undefined);
      try {
        const page: TrashedPicture[] = [];
        while (page.length < PAGE) {
          const { done, value } = await from.next();
          if (done) break;
          page.push(value as TrashedPicture);
        }
        if (from === list.current)
          show({ pictures: [...known.current.pictures, ...page], hasMore: page.length === PAGE });
      } catch (problem) {
        if (from === list.current) setError(problem);
      }
    };
    reading.current ??= read().finally(() => {
      if (from === list.current) reading.current = undefined;
    });
    return reading.current;
  }, [show]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` asks for everything again
  useEffect(() => {
    list.current = client.images.list({ status: 'trashed', user_id: owner, fields: `${FIELDS},purge_at`, limit: PAGE });
    reading.current = undefined;
    known.current = { pictures: [], hasMore: true };
    setPictures(undefined);
    void more();
    return () => {
      list.current = undefined;
    };
  }, [client, owner, more, round]);

  const reload = useCallback(() => setRound((count) => count + 1), []);
  useEffect(() => onTrashChanged(reload), [reload]);

  /** Reads until the condition holds for what is known, or there is no more. */
  const until = async (isEnough: (all: readonly TrashedPicture[]) => boolean): Promise<readonly TrashedPicture[]> => {
    for (;;) {
      const { pictures: before, hasMore: isUnfinished } = known.current;
      if (!isUnfinished || isEnough(before)) return before;
      await more();
      if (known.current.pictures === before && known.current.hasMore) return before; // it can't be read
    }
  };
  const indexOf = (all: readonly TrashedPicture[], id: string): number =>
    all.findIndex(({ image_id }) => image_id === id);

  return {
    pictures,
    hasMore,
    error,
    more: () => void more(),
    reload,
    remove: (id) =>
      show({ ...known.current, pictures: known.current.pictures.filter(({ image_id }) => image_id !== id) }),
    async find(id) {
      const all = await until((found) => indexOf(found, id) !== -1);
      return all[indexOf(all, id)];
    },
    async beside(id, step) {
      const all = await until((found) => step === -1 || indexOf(found, id) < found.length - 1);
      const index = indexOf(all, id);
      return index === -1 ? undefined : all[index + step];
    },
  };
}

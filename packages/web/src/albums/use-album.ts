import { type Album, type AlbumChanges, SafelightError } from '@safelight/client';
import { useCallback, useEffect, useState } from 'react';
import { useSession } from '../session/session.tsx';
import { onTrashChanged } from '../trash/trash-changed.ts';
import { onAlbumChanged } from './album-changed.ts';

export interface OpenAlbum {
  /** undefined: it isn't known yet, or there is none. */
  readonly album: Album | undefined;
  /** Why it couldn't be read. */
  readonly error: SafelightError | undefined;
  refresh(): void;
  /** Errors: `SafelightError`, `revision-conflict` if somebody else has changed it since; then it is read again. */
  update(changes: AlbumChanges): Promise<void>;
}

/** An album as the service has it. `known`: as a list has it. */
export function useAlbum(id: string, owner: string, known: Album | undefined): OpenAlbum {
  const { clientOf } = useSession();
  const { albums } = clientOf(owner);
  const [album, setAlbum] = useState(known);
  const [error, setError] = useState<SafelightError>();
  const read = useCallback(async (): Promise<void> => {
    try {
      const latest = await albums.get(id);
      // An answer that was on its way while the album was changed here is older.
      setAlbum((before) => (before && before.revision > latest.revision ? before : latest));
      setError(undefined);
    } catch (problem) {
      if (!(problem instanceof SafelightError)) throw problem;
      if (problem.code === 'album-not-found') setAlbum(undefined);
      setError(problem);
    }
  }, [albums, id]);
  const refresh = useCallback(() => void read(), [read]);
  useEffect(refresh, [refresh]);
  useEffect(() => {
    const leaving = [onAlbumChanged((changed) => changed === id && refresh()), onTrashChanged(refresh)];
    const refreshWhenShown = (): void => void (document.visibilityState === 'visible' && refresh());
    document.addEventListener('visibilitychange', refreshWhenShown);
    return () => {
      for (const leave of leaving) leave();
      document.removeEventListener('visibilitychange', refreshWhenShown);
    };
  }, [id, refresh]);
  return {
    album,
    error,
    refresh,
    async update(changes) {
      try {
        setAlbum(await albums.update(id, changes, album ? { revision: album.revision } : {}));
      } catch (problem) {
        if (problem instanceof SafelightError && problem.code === 'revision-conflict') await read();
        throw problem;
      }
    },
  };
}

import { SafelightError } from '@safelight/client';
import { useCallback, useEffect, useState } from 'react';
import type { GuestLink, SharedAlbum } from './guest-link.ts';

export interface OpenSharedAlbum {
  /** undefined: it isn't known yet. */
  readonly album: SharedAlbum | undefined;
  readonly error: SafelightError | undefined;
  refresh(): void;
}

/** The album of the link. It is read again once the page becomes visible, or the network is back. */
export function useSharedAlbum(link: GuestLink): OpenSharedAlbum {
  const [album, setAlbum] = useState<SharedAlbum>();
  const [error, setError] = useState<SafelightError>();
  const [round, setRound] = useState(0);
  const refresh = useCallback(() => setRound((last) => last + 1), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each round reads once.
  useEffect(() => {
    const leaving = new AbortController();
    link.album(leaving.signal).then(
      (read) => {
        setAlbum(read);
        setError(undefined);
      },
      (problem: unknown) => {
        if (leaving.signal.aborted) return;
        if (!(problem instanceof SafelightError)) throw problem;
        setError(problem);
      },
    );
    return () => leaving.abort();
  }, [link, round]);
  useEffect(() => {
    const look = (): void => {
      if (document.visibilityState === 'visible') refresh();
    };
    addEventListener('online', look);
    document.addEventListener('visibilitychange', look);
    return () => {
      removeEventListener('online', look);
      document.removeEventListener('visibilitychange', look);
    };
  }, [refresh]);
  return { album, error, refresh };
}

import { type Album, explain, type Image, SafelightError } from '@safelight/client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useSession } from '../../session/session.tsx';

export type Verdict = 'pass' | 'refuse';

export interface WaitingPictures {
  /** The oldest first. */
  readonly pictures: readonly Image[];
  /** Whether others follow, which are read once these are decided. */
  readonly hasMore: boolean;
  /** Why the latest decision failed. */
  readonly problem: string | undefined;
  /** Those whose decision is on its way. */
  readonly deciding: ReadonlySet<string>;
  /** Never rejects. */
  decide(ids: readonly string[], verdict: Verdict): Promise<void>;
}

/** So many are shown at a time. */
const MOST = 100;
/** Decisions at once. */
const TOGETHER = 4;
/** Somebody decided about it, or deleted it, meanwhile. */
const OVER: readonly string[] = ['already-decided', 'image-not-found'];

/** Pictures of guests that wait for the owner of the album. `onAccepted`: one is in the album now. */
export function useWaitingPictures(album: Album, onAccepted: () => void): WaitingPictures {
  const { clientOf } = useSession();
  const { album_id: id, user_id: owner, contributed_at: contributed } = album;
  const { contributions } = clientOf(owner).albums;
  const [found, setFound] = useState<{ readonly pictures: readonly Image[]; readonly hasMore: boolean }>(NONE);
  const [deciding, setDeciding] = useState<ReadonlySet<string>>(new Set());
  const [problem, setProblem] = useState<string>();
  const leaving = useRef<AbortController>(undefined);

  const read = useCallback(async (): Promise<void> => {
    leaving.current?.abort();
    leaving.current = new AbortController();
    const { signal } = leaving.current;
    const pictures: Image[] = [];
    try {
      for await (const picture of contributions.list(id, { signal })) if (pictures.push(picture) > MOST) break;
      if (!signal.aborted) setFound({ pictures: pictures.slice(0, MOST), hasMore: pictures.length > MOST });
    } catch (error) {
      // Nobody has asked for them: they are read again when the page is shown.
      if (!(error instanceof SafelightError)) throw error;
    }
  }, [contributions, id]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a guest has added others.
  useEffect(() => {
    void read();
    const readWhenShown = (): void => void (document.visibilityState === 'visible' && read());
    document.addEventListener('visibilitychange', readWhenShown);
    return () => {
      document.removeEventListener('visibilitychange', readWhenShown);
      leaving.current?.abort();
    };
  }, [read, contributed]);

  const isRestLeft = found.hasMore && found.pictures.length === 0;
  useEffect(() => {
    if (isRestLeft) void read();
  }, [isRestLeft, read]);

  /** Resolves with whether it waits no more. */
  const decideOne = async (picture: string, verdict: Verdict): Promise<boolean> => {
    try {
      await contributions.decide(id, picture, verdict);
      if (verdict === 'pass') onAccepted();
      return true;
    } catch (error) {
      if (error instanceof SafelightError && OVER.includes(error.code)) return true;
      setProblem(explain(error));
      return false;
    }
  };
  return {
    ...found,
    problem,
    deciding,
    async decide(ids, verdict) {
      setProblem(undefined);
      setDeciding((before) => new Set([...before, ...ids]));
      const left = [...ids];
      let hasFailed = false;
      const work = async (): Promise<void> => {
        for (let next = left.shift(); next !== undefined && !hasFailed; next = left.shift()) {
          const one = next;
          const isOver = await decideOne(one, verdict);
          hasFailed ||= !isOver;
          setDeciding((before) => new Set([...before].filter((other) => other !== one)));
          if (isOver)
            setFound(({ pictures, hasMore }) => ({
              pictures: pictures.filter(({ image_id }) => image_id !== one),
              hasMore,
            }));
        }
      };
      await Promise.all(Array.from({ length: TOGETHER }, work));
      setDeciding((before) => new Set([...before].filter((other) => !ids.includes(other))));
    },
  };
}

const NONE = { pictures: [], hasMore: false };

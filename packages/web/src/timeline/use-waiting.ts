import { useCallback, useEffect, useRef, useState } from 'react';
import { useSource } from '../library/source.tsx';
import type { WaitingTile } from '../library/tile-line.ts';

/** Before a tile that fails again joins the line again, on average: twice as long after each attempt. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;

export interface Waiting {
  /** Whether its rendition may not be asked for now. */
  readonly isWaiting: boolean;
  /** The blob URL of a rendition that was fetched. */
  readonly url: string | undefined;
  show(rendition: Blob): void;
  /** It failed, and waits in the line until it may be asked for again. */
  fail(): void;
}

/** `ask` is the same function until another rendition is wanted; undefined: there is none. */
export function useWaiting(id: string, ask: WaitingTile['ask'] | undefined): Waiting {
  const { line } = useSource();
  const [attempt, setAttempt] = useState(0);
  const [isWaiting, setWaiting] = useState(line.isRefused);
  const [url, setUrl] = useState<string>();
  /** Not the state alone: a tile may leave before it is rendered with its last URL. */
  const made = useRef<string>(undefined);
  const show = useCallback((rendition: Blob | undefined): void => {
    URL.revokeObjectURL(made.current ?? '');
    made.current = rendition && URL.createObjectURL(rendition);
    setUrl(made.current);
  }, []);
  useEffect(() => () => URL.revokeObjectURL(made.current ?? ''), []);
  useEffect(() => {
    if (!isWaiting || !ask) return;
    const load = (rendition?: Blob): void => {
      show(rendition);
      setWaiting(false);
      setAttempt((last) => last + 1);
    };
    let leave: (() => void) | undefined;
    const join = (): void => {
      leave ??= line.join({ id, ask, load });
    };
    const pause = attempt === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
    const timer = setTimeout(join, pause * (0.5 + Math.random()));
    addEventListener('online', join);
    return () => {
      clearTimeout(timer);
      removeEventListener('online', join);
      leave?.();
    };
  }, [isWaiting, attempt, line, id, ask, show]);
  const fail = useCallback(() => setWaiting(true), []);
  return { isWaiting, url, show, fail };
}

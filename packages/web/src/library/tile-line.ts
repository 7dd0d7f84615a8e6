import { SafelightError } from '@safelight/client';
import type { Session } from '../session/session.tsx';
import type { Library } from './library.ts';

/** A tile whose picture failed, or may not be asked for now. */
export interface WaitingTile {
  readonly id: string;
  /** Of its rendition. */
  readonly url: string;
  /** The rendition; absent: its element may ask for it. */
  load(rendition?: Blob): void;
}

/** Where failed tiles wait. An `<img>` doesn't tell why it failed, so the first in the line is asked for by `fetch`, and the others wait for its answer. */
export interface TileLine {
  /** Whether the service refuses tiles: those that appear now wait too. */
  isRefused(): boolean;
  /** Returns how to leave. */
  join(tile: WaitingTile): () => void;
  close(): void;
}

export interface TileLineOptions extends Pick<Session, 'client' | 'waits'> {
  readonly library: Library;
}

/** The URL may have ended, or the picture is gone: its image's JSON tells. */
const READ_AGAIN = [403, 404, 410];
const REFUSED = [429, 503];
/** What every browser that runs this page can show: the service has these renditions for its `<img>`. */
const ACCEPT = 'image/avif,image/webp,*/*;q=0.8';
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

export function createTileLine({ client, library, waits }: TileLineOptions): TileLine {
  const closing = new AbortController();
  const line = new Set<WaitingTile>();
  /** In a row. */
  let failures = 0;
  /** From a refusal until the line is empty: all tiles at once would be refused again. */
  let isRationed = false;
  let isAsking = false;

  async function ask(): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    for (let [first] = line; first && !closing.signal.aborted; [first] = line) await askFor(first);
    isAsking = false;
    isRationed = false;
  }

  async function askFor(first: WaitingTile): Promise<void> {
    // Of another origin a script may learn less than the picture's own element.
    if (new URL(first.url, location.href).origin !== location.origin) return admit(first);
    const answer = await answerOf(first.url, closing.signal);
    if (answer === undefined || REFUSED.includes(answer.status)) return pauseAfter(answer);
    failures = 0;
    const { rendition, type, status } = answer;
    if (READ_AGAIN.includes(status)) await readAgain(first.id);
    admit(first, rendition);
    if ((rendition || type === 'opaqueredirect') && !isRationed) for (const other of line) admit(other);
  }

  function admit(tile: WaitingTile, rendition?: Blob): void {
    if (line.delete(tile)) tile.load(rendition);
  }

  async function pauseAfter(answer: Answer | undefined): Promise<void> {
    failures += 1;
    isRationed ||= answer !== undefined;
    const backoff = Math.random() * Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
    const asked = Number(answer?.retryAfter) * 1_000 || 0;
    if (asked > 0) waits.begin({ ms: asked + backoff });
    await pause(asked + backoff, closing.signal);
  }

  async function readAgain(id: string): Promise<void> {
    try {
      library.put(await client.images.get(id));
    } catch (error) {
      if (error instanceof SafelightError && error.code === 'image-not-found') library.remove(id);
    }
  }

  return {
    isRefused: () => isRationed || failures > 0,
    join(tile) {
      line.add(tile);
      void ask();
      return () => void line.delete(tile);
    },
    close: () => closing.abort(),
  };
}

interface Answer extends Pick<Response, 'status' | 'type'> {
  readonly retryAfter: string | null;
  /** Absent after a refusal, or a redirect to the store: that the service has admitted the request is all it says. */
  readonly rendition: Blob | undefined;
}

/** undefined: there is none. */
async function answerOf(url: string, signal: AbortSignal): Promise<Answer | undefined> {
  try {
    const answer = await fetch(url, { headers: { accept: ACCEPT }, redirect: 'manual', signal });
    const { status, type, headers } = answer;
    const rendition = answer.ok ? await answer.blob() : undefined;
    return { status, type, retryAfter: headers.get('retry-after'), rendition };
  } catch {
    return undefined;
  }
}

/** Ends early when the network is back. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      removeEventListener('online', end);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    addEventListener('online', end);
    signal.addEventListener('abort', end);
  });
}

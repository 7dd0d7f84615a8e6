import type { Waits } from '../session/waits.ts';

/** A tile whose picture failed, or may not be asked for now. */
export interface WaitingTile {
  readonly id: string;
  /** Asks for its rendition once; undefined: there is no answer. */
  readonly ask: (signal: AbortSignal) => Promise<TileAnswer | undefined>;
  /** The rendition; absent: it may be asked for. */
  load(rendition?: Blob): void;
}

export interface TileAnswer {
  readonly status: number | undefined;
  /** Seconds. */
  readonly retryAfter?: number | undefined;
  readonly rendition?: Blob | undefined;
  /** The service has admitted the request, and has no more to say: a redirect leads to the store. */
  readonly isRedirect?: boolean;
}

/** Where failed tiles wait: the first in the line is asked for, and the others wait for its answer. */
export interface TileLine {
  /** Whether the service refuses tiles: those that appear now wait too. */
  isRefused(): boolean;
  /** Returns how to leave. */
  join(tile: WaitingTile): () => void;
  close(): void;
}

export interface TileLineOptions {
  readonly waits: Waits;
  /** Reads the record of a tile again whose URL may have expired, or whose picture is gone. */
  readonly readAgain: (id: string) => Promise<void>;
}

const READ_AGAIN = [403, 404, 410];
const REFUSED = [429, 503];
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

export function createTileLine({ waits, readAgain }: TileLineOptions): TileLine {
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
    const answer = await first.ask(closing.signal);
    if (answer === undefined || REFUSED.includes(answer.status ?? 0)) return pauseAfter(answer);
    failures = 0;
    const { rendition, isRedirect, status } = answer;
    if (READ_AGAIN.includes(status ?? 0)) await readAgain(first.id);
    admit(first, rendition);
    if ((rendition || isRedirect) && !isRationed) for (const other of line) admit(other);
  }

  function admit(tile: WaitingTile, rendition?: Blob): void {
    if (line.delete(tile)) tile.load(rendition);
  }

  async function pauseAfter(answer: TileAnswer | undefined): Promise<void> {
    failures += 1;
    isRationed ||= answer !== undefined;
    const backoff = Math.random() * Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
    const asked = (answer?.retryAfter ?? 0) * 1_000;
    if (asked > 0) waits.begin({ ms: asked + backoff });
    await pause(asked + backoff, closing.signal);
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

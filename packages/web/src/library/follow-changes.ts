import { type ImageEvent, type SafelightClient, SafelightError } from '@safelight/client';

/** What one tab tells the others. `any`: a stream has begun, which doesn't tell what happened before. */
type Change = Pick<ImageEvent, 'type' | 'image_id'> | 'any';

/**
 * Until a stream that couldn't be followed is tried again: by then another tab leads, or somebody has signed in again.
 */
const AGAIN_MS = 60_000;
/**
 * Before a stream is followed again whose log has forgotten changes. Doubled each time, because a process without
 * events makes it forget all that it would tell in the next minutes.
 */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Calls `changed` after each change of the user's images (undefined: of anyone's), until the returned function is
 * called. One tab follows the stream and tells the others, because a browser has six connections to a service. Where
 * pages can't agree on one, by plain http, each follows it while it is seen. A tab that can't follow it, such as one of
 * a revoked key, lets another one lead. Without a stream lists are read again when a tab is shown.
 */
export function followChanges(
  client: Pick<SafelightClient, 'events'>,
  user: string | undefined,
  changed: (change: Change) => void,
): () => void {
  const name = `safelight-changes ${user ?? ''}`;
  const left = new AbortController();
  const { signal } = left;
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }: MessageEvent<Change>) => changed(data);
  signal.addEventListener('abort', () => channel.close());

  function tell(change: Change): void {
    channel.postMessage(change);
    changed(change);
  }

  /** Until the stream can't be followed. Never rejects. */
  async function follow(until: AbortSignal): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const startMs = performance.now();
      try {
        const events = client.events({ userId: user, signal: until, onStart: () => tell('any') });
        for await (const { type, image_id } of events) tell({ type, image_id });
      } catch (error) {
        if (!(error instanceof SafelightError) || error.code !== 'cursor-expired') return;
      }
      if (performance.now() - startMs > LONGEST_PAUSE_MS) pauseMs = FIRST_PAUSE_MS;
      await pause(pauseMs * (0.5 + Math.random() / 2), until);
      if (until.aborted) return;
    }
  }

  async function lead(): Promise<void> {
    while (!signal.aborted) {
      await navigator.locks.request(name, { signal }, () => follow(signal)).catch(() => undefined);
      await pause(AGAIN_MS, signal);
    }
  }

  if (navigator.locks) void lead();
  else whileSeen(signal, (until) => void follow(until));
  return () => left.abort();
}

/** Ends early if the signal aborts. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });

/** Begins each time that the page is seen, with a signal that aborts when it no longer is. */
function whileSeen(signal: AbortSignal, begin: (until: AbortSignal) => void): void {
  let hidden = new AbortController();
  const judge = (): void => {
    hidden.abort();
    if (document.visibilityState !== 'visible') return;
    hidden = new AbortController();
    begin(AbortSignal.any([signal, hidden.signal]));
  };
  document.addEventListener('visibilitychange', judge, { signal });
  judge();
}

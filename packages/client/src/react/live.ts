import type { SafelightClient } from '../client.ts';
import { SafelightError } from '../errors.ts';

/** Several events of one action are one change. */
const TOGETHER_MS = 500;
/**
 * Before changes are followed again whose log has forgotten some. Doubled each time, because a process without events
 * makes it forget all that it would tell in the next minutes. After anything else, such as no token, it is the longest
 * one at once.
 */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;
/** A service without events, and a credential that may not follow them, such as a view token with `only_tags`. */
const UNFOLLOWED: readonly string[] = ['route-not-found', 'missing-scope'];

interface Stream {
  readonly listeners: Set<() => void>;
  readonly end: AbortController;
}

/** By the user whose images are listed; '' is that of the client. */
const streams = new WeakMap<SafelightClient, Map<string, Stream>>();

/**
 * Calls `changed` after images have changed, until the returned function is called, and once they are followed: they
 * may have changed before. All lists of a client and user share one stream, because browsers have six connections to a
 * service. Does nothing if the service keeps no log.
 */
export function onChanges(client: SafelightClient, userId: string | undefined, changed: () => void): () => void {
  const byUser = streams.get(client) ?? new Map<string, Stream>();
  streams.set(client, byUser);
  const name = userId ?? '';
  const stream = byUser.get(name) ?? open(client, userId);
  byUser.set(name, stream);
  stream.listeners.add(changed);
  return () => {
    stream.listeners.delete(changed);
    if (stream.listeners.size > 0) return;
    stream.end.abort();
    if (byUser.get(name) === stream) byUser.delete(name);
  };
}

function open(client: SafelightClient, userId: string | undefined): Stream {
  const listeners = new Set<() => void>();
  const end = new AbortController();
  const { signal } = end;
  let isWaiting = false;
  const tell = (): void => {
    isWaiting = false;
    if (!signal.aborted) for (const listener of listeners) listener();
  };
  const tellSoon = (): void => {
    if (!isWaiting) setTimeout(tell, TOGETHER_MS);
    isWaiting = true;
  };
  async function follow(): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const startMs = performance.now();
      try {
        if (!(await client.service({ signal })).events) return; // without a request that the browser's console shows as failed
        for await (const _ of client.events({ userId, signal, onStart: tellSoon })) tellSoon();
      } catch (error) {
        if (signal.aborted || !(error instanceof SafelightError) || UNFOLLOWED.includes(error.code)) return;
        if (error.code !== 'cursor-expired') pauseMs = LONGEST_PAUSE_MS;
      }
      if (performance.now() - startMs > LONGEST_PAUSE_MS) pauseMs = FIRST_PAUSE_MS;
      await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random() / 2)));
    }
  }
  void follow();
  return { listeners, end };
}

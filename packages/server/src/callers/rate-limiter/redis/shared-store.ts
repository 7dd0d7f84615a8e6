import { createClient } from '@redis/client';
import { waitAtMost } from '../../../flow/wait-at-most.ts';
import type { Observer } from '../../../observe/observer/observer.ts';
import { lookup } from '../../../outbound/process-names.ts';

/** A store that may be away at any time. */
export interface SharedStore extends AsyncDisposable {
  readonly client: ReturnType<typeof clientOf>;
  /**
   * The result of `work`; undefined if the store is away or doesn't answer in `answerMs`. While it is away, one attempt
   * a second runs in the background, and nobody waits for it.
   */
  attempt<Result>(work: () => Promise<Result>): Promise<Result | undefined>;
}

export interface OpenSharedStoreOptions {
  readonly url: string;
  /** The longest that a request waits. */
  readonly answerMs: number;
  /** The longest that the start waits, so that the first requests are counted together. */
  readonly connectMs: number;
  readonly clock: { elapsedMs(): number };
  readonly observe: Observer;
}

const PROBE_EVERY_MS = 1_000;
const RECONNECT_MS = { first: 50, longest: 2_000 };
/** A connection without an answer for so long is replaced; pings keep an idle one. */
const SILENT_MS = 5_000;
const PING_EVERY_MS = 2_000;

export async function openSharedStore({
  url,
  answerMs,
  connectMs,
  clock,
  observe,
}: OpenSharedStoreOptions): Promise<SharedStore> {
  const client = clientOf(url, connectMs);
  let isAway = false;
  let isProbing = false;
  let probedAtMs = Number.NEGATIVE_INFINITY;

  function leave(error: unknown): void {
    if (isAway) return;
    isAway = true;
    probedAtMs = clock.elapsedMs();
    observe({ event: 'rate-store-away', reason: reasonOf(error) });
  }
  function comeBack(): void {
    if (!isAway) return;
    isAway = false;
    observe({ event: 'rate-store-back' });
  }

  async function tryNow<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      const result = await work();
      comeBack();
      return result;
    } catch (error) {
      leave(error);
      return undefined;
    }
  }

  /** In the background. */
  async function probe(work: () => Promise<unknown>): Promise<void> {
    isProbing = true;
    probedAtMs = clock.elapsedMs();
    await tryNow(work);
    isProbing = false;
  }

  client.on('error', leave);
  const connecting = client.connect().catch(leave);
  const failed = new Promise<void>((resolve) => client.once('error', () => resolve()));
  await waitAtMost(connectMs, Promise.race([connecting, failed]));
  if (!client.isReady) leave(new NoAnswer('CONNECTING'));

  return {
    client,

    async attempt(work) {
      if (isAway) {
        const isDue = !isProbing && clock.elapsedMs() - probedAtMs >= PROBE_EVERY_MS;
        if (isDue) void probe(work);
        return undefined;
      }
      let isAnswered = false;
      const answer = tryNow(work).finally(() => {
        isAnswered = true;
      });
      const silence = Promise.withResolvers<undefined>();
      const giveUp = (): void => {
        if (!isAnswered) leave(new NoAnswer('SILENT'));
        silence.resolve(undefined);
      };
      // An answer may have arrived while this process was busy: it is read before the immediate runs.
      const timer = setTimeout(() => setImmediate(giveUp), answerMs);
      try {
        return await Promise.race([answer, silence.promise]);
      } finally {
        clearTimeout(timer);
      }
    },

    async [Symbol.asyncDispose]() {
      client.removeAllListeners();
      client.on('error', () => undefined);
      if (client.isOpen) client.destroy();
      await connecting;
    },
  };
}

const clientOf = (url: string, connectTimeout: number) =>
  createClient({
    url,
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    pingInterval: PING_EVERY_MS,
    socket: {
      connectTimeout,
      socketTimeout: SILENT_MS,
      lookup,
      reconnectStrategy: (retries) => Math.min(RECONNECT_MS.first * 2 ** retries, RECONNECT_MS.longest),
    },
  });

class NoAnswer extends Error {
  readonly code: string;
  constructor(code: string) {
    super('the store did not answer');
    this.code = code;
  }
}

/**
 * A fixed word, since a message may repeat the URL: a code of the system, or the first word of Redis' own errors, such
 * as NOAUTH.
 */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return /^[A-Z]{3,}\b/.exec(error.message)?.[0] ?? error.constructor.name;
}

import { SafelightError } from '../errors.ts';
import { parsed, preview, unexpected } from '../http/answer.ts';
import type { Api, ApiRequest } from '../http/api.ts';
import { either, isTemporary, type Pause, pauseMs, unlessAborted } from '../http/retry.ts';
import type { components } from '../openapi.ts';
import { createMessages } from './messages.ts';

/** What became of an image. A repeat has the same `event_id`. */
export type ImageEvent = components['schemas']['ImageEvent'] & {
  /** From which the next event follows: `events({ cursor })` goes on after this one. */
  readonly cursor: string;
};

export interface EventOptions {
  /** Goes on after this event, or where a page of `GET /events` ended. */
  readonly cursor?: string | undefined;
  /** Where to begin without a cursor. Default: `now`. */
  readonly from?: 'oldest' | 'now' | undefined;
  /** Only events of these types. */
  readonly types?: readonly ImageEvent['type'][] | undefined;
  readonly imageId?: string | undefined;
  /** Only events of this user's images; absent: of the client's user, or of all that the credential may read. */
  readonly userId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Called without a cursor, once events begin: `now` is then. Read after it what you show, since earlier changes
   * aren't told.
   */
  readonly onStart?: (() => void) | undefined;
}

export interface EventsParts {
  readonly api: Pick<Api, 'stream'>;
  readonly userId: string | undefined;
  readonly pause: Pause;
}

/** The service says something every 15 s: after this long the connection is dead. */
export const SILENT_MS = 45_000;

/**
 * Events as they come, until the signal aborts or the loop is left. A lost connection is made again, without an end,
 * and goes on after the last event; so does a stream that the service has ended, once it has waited as the service
 * asks. The pauses grow while connections are lost sooner than that. Errors: `aborted`; `cursor-expired` if the log no
 * longer has what follows, so that images must be listed again; `route-not-found` if the service keeps no log; those
 * that no repeat mends.
 */
export async function* eventsOf(
  { api, userId, pause }: EventsParts,
  { cursor, from = 'now', types, imageId, userId: owner = userId, signal, onStart }: EventOptions = {},
): AsyncGenerator<ImageEvent, void, void> {
  const filter = { type: types, image_id: imageId, user_id: owner };
  let last = cursor;
  let retryMs = 0;
  for (let failures = 1; ; failures += 1) {
    const left = new AbortController();
    const request: ApiRequest = {
      query: { ...filter, ...(last === undefined && { from }) },
      headers: { accept: 'text/event-stream', ...(last !== undefined && { 'last-event-id': last }) },
      signal: either(signal, left.signal),
      retries: 0,
    };
    let end: Pick<SafelightError, 'retryAfter'>;
    let heardMs: number | undefined;
    try {
      const read = createMessages();
      for await (const text of textOf(await api.stream('/events', request), pause, signal)) {
        for (const { id, data, retryMs: told } of read(text)) {
          heardMs ??= performance.now();
          retryMs = told ?? retryMs;
          if (id !== '') {
            if (last === undefined) onStart?.();
            last = cursorIn(id);
          }
          if (data !== null) yield { ...eventIn(data), cursor: last ?? '' };
        }
      }
      end = { retryAfter: retryMs / 1_000 };
      if (heardMs !== undefined) failures = 0;
    } catch (error) {
      if (signal?.aborted || !isTemporary(error)) throw error;
      end = error;
      if (heardMs !== undefined && performance.now() - heardMs >= retryMs) failures = 0;
    } finally {
      left.abort();
    }
    await pause(pauseMs(end, Math.max(failures, 1)), signal);
  }
}

/** Errors: `network` for a connection that breaks, `timeout` for one that is silent, `aborted`. */
async function* textOf(
  { body }: Response,
  pause: Pause,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void> {
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  try {
    for (;;) {
      const waited = new AbortController();
      const silence = pause(SILENT_MS, waited.signal).then(
        () => {
          throw new SafelightError('timeout', `expected a sign of life within ${SILENT_MS / 1000} s; got none`);
        },
        () => new Promise<never>(() => undefined),
      );
      const next = reader.read().catch((cause: unknown) => {
        throw new SafelightError('network', 'expected a stream without an end; got a lost connection', { cause });
      });
      try {
        const { done, value } = await unlessAborted(Promise.race([next, silence]), signal);
        if (done) return;
        yield value;
      } finally {
        waited.abort();
      }
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

/** A cursor is sent again as a header's value. */
function cursorIn(id: string): string {
  if (/^[\x21-\x7e]{1,1024}$/.test(id)) return id;
  throw unexpected('a cursor of visible ASCII characters');
}

function eventIn(data: string): components['schemas']['ImageEvent'] {
  const event = Object(parsed(data));
  if (typeof event.event_id === 'string' && typeof event.image_id === 'string') return event;
  throw new SafelightError('unexpected-answer', `expected an event as JSON; got ${preview(data)}`);
}

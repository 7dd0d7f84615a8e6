import { AppError } from '../../domain/errors.ts';
import { outsideTraces } from '../../flow/outside-traces.ts';
import type { EventBatch } from '../../operations/events/follow-events.ts';
import type { Services } from '../../services.ts';
import type { Readmission } from '../admission/access.ts';
import { answer, UNCACHED } from '../answers/answer.ts';
import { clientOf } from '../request/client.ts';
import type { RouteContext } from '../route.ts';
import { eventText, retryText } from './event-text.ts';

/** For streamed answers. */
export interface LongAnswers extends Readmission {
  /** Aborts when the process stops; null: the platform sends whole answers. */
  readonly stopping: AbortSignal | null;
}

type Batches = (signal: AbortSignal) => AsyncGenerator<EventBatch, void>;

/** With the age of a known key (callers/authenticator/recent-keys.ts) a revoked key's stream ends within 10 s. */
const READMIT_MS = 4_000;
/** A client that takes nothing for this long is dropped, as one that sends nothing (http/bodies/request-body.ts). */
const UNREAD_MS = 30_000;
/** After this a stream that has ended is cut off, if its client doesn't read the end: a drain waits for it. */
const END_MS = 2_000;
const RETRY_MS = 3_000;
/** On a platform that sends whole answers each reconnection costs a call. */
const WHOLE_RETRY_MS = 5_000;

const HEADERS = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no', ...UNCACHED } as const;

/** The headers alone, for a HEAD. */
export const eventStreamHead = (c: RouteContext): Response => answer(c, null, 200, HEADERS);

/** All batches in one answer. */
export async function wholeStreamAnswer(c: RouteContext, batches: Batches): Promise<Response> {
  const texts = await Array.fromAsync(batches(c.req.raw.signal), eventText);
  return answer(c, `${retryText(WHOLE_RETRY_MS)}${texts.join('')}`, 200, HEADERS);
}

/**
 * Goes on until the client leaves or reads too slowly, another one gets its place, its credential ends, or the process
 * stops: its client resumes with the last `id`. At most one batch is in memory. Errors: `overloaded`.
 */
export function eventStreamAnswer(
  c: RouteContext,
  services: Pick<Services, 'eventStreams'> & LongAnswers,
  batches: Batches,
): Response {
  const ended = new AbortController();
  const { signal } = ended;
  using entering = new DisposableStack();
  entering.use(services.eventStreams.enter({ payer: clientOf(c).payer, giveWay: () => end() }));
  const source = batches(signal);
  let body: ReadableStreamDefaultController<Uint8Array> | undefined;
  let text = retryText(RETRY_MS);
  let unread: NodeJS.Timeout | undefined;
  let isJudging = false;

  function cutOff(): void {
    const { outgoing } = c.env ?? {};
    if (outgoing && !outgoing.writableFinished) outgoing.destroy();
  }

  /** Ends it from our side. */
  function end(): void {
    if (signal.aborted) return;
    release();
    body?.close();
    setTimeout(cutOff, END_MS).unref();
  }

  /** The log's own watch tells of a store that is away. */
  function endUnlessFault(error: unknown): undefined {
    if (error instanceof AppError) return undefined;
    release();
    throw error;
  }

  function release(): void {
    ended.abort();
    held.dispose();
  }

  /** A check that takes too long counts as failed. */
  async function judge(): Promise<void> {
    if (isJudging) return end();
    isJudging = true;
    await services.readmit(c).catch(end);
    isJudging = false;
  }

  const judging = outsideTraces(() => setInterval(() => void judge(), READMIT_MS)).unref();
  services.stopping?.addEventListener('abort', end);
  entering.defer(() => {
    clearInterval(judging);
    clearTimeout(unread);
    services.stopping?.removeEventListener('abort', end);
  });
  const held = entering.move();
  if (services.stopping?.aborted) end();

  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        body = controller;
        if (signal.aborted) controller.close();
      },
      async pull(controller) {
        clearTimeout(unread);
        const next = await source.next().catch(endUnlessFault);
        if (signal.aborted) return;
        if (!next || next.done) return end();
        controller.enqueue(Buffer.from(text + eventText(next.value)));
        text = '';
        unread = setTimeout(() => {
          end();
          cutOff();
        }, UNREAD_MS).unref();
      },
      cancel: release,
    },
    { highWaterMark: 0 },
  );
  return answer(c, stream, 200, HEADERS);
}

import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { components } from '@safelight/client';
import { type Api, type Query, search } from './api.ts';

export type ImageEvent = components['schemas']['ImageEvent'];
/** A page of events of images: those of albums come only if they are asked for. */
export type EventPage = Omit<components['schemas']['EventList'], 'events'> & { events: ImageEvent[] };

/** Each event has these fields. */
export const EVENTS_SAY = ['event_id', 'type', 'image_id', 'user_id', 'revision', 'status', 'time'];

/** A stream is given up after that time. */
const PATIENCE_MS = 60_000;

/** All events that a query shows now, and the cursor behind them. */
export async function shownIn(
  page: (query: Query) => Promise<EventPage>,
  query: Query,
): Promise<{ readonly events: readonly ImageEvent[]; readonly cursor: string }> {
  const events: ImageEvent[] = [];
  for (let asked = query; ; ) {
    const { events: some, next_cursor: cursor, has_more } = await page(asked);
    events.push(...some);
    if (!has_more) return { events, cursor };
    const { from: _, ...filter } = query;
    asked = { ...filter, cursor };
  }
}

/** An event as a stream has told it. */
export type StreamedEvent = ImageEvent & {
  /** By which a client resumes after it. */
  readonly id: string;
  /** The `event` field. */
  readonly name: string;
};

export interface EventStream extends AsyncDisposable {
  readonly headers: Headers;
  /** The next event. A stream that ends, as all do on Lambda, is resumed. */
  next(): Promise<StreamedEvent>;
}

/** Follows events as an EventSource does. */
export async function streamed(api: Api, query: Query, lastId?: string): Promise<EventStream> {
  const left = new AbortController();
  const signal = AbortSignal.any([left.signal, AbortSignal.timeout(PATIENCE_MS)]);
  let [last, retryMs] = [lastId, 0];
  const { from, ...filter } = query;

  async function connected(): Promise<Response> {
    const asked = { ...filter, ...(last === undefined && from !== undefined && { from }) };
    const headers = { Accept: 'text/event-stream', ...(last !== undefined && { 'Last-Event-ID': last }) };
    const response = await api.send(`/events?${search(asked)}`, { headers, signal });
    assert.equal(response.status, 200);
    return response;
  }

  /** Messages by the rules of HTML 9.2.6, as far as the service's text needs them. */
  async function* messages(first: Response): AsyncGenerator<StreamedEvent, never> {
    for (let response = first; ; response = await connected()) {
      let text = '';
      for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += part;
        for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
          const fields = fieldsIn(text.slice(0, end));
          text = text.slice(end + 2);
          last = fields.get('id') ?? last;
          retryMs = Number(fields.get('retry') ?? retryMs);
          const data = fields.get('data');
          if (data !== undefined) yield { ...JSON.parse(data), id: last, name: fields.get('event') };
        }
      }
      await delay(Math.min(retryMs, 500), undefined, { signal });
    }
  }

  const first = await connected();
  const source = messages(first);
  return {
    headers: first.headers,
    next: async () => (await source.next()).value,
    async [Symbol.asyncDispose]() {
      left.abort();
      await source.return(undefined as never).catch(() => undefined);
    },
  };
}

const fieldsIn = (message: string): ReadonlyMap<string, string> =>
  new Map(message.split('\n').map((line) => line.split(/: ?(.*)/s, 2) as [string, string]));

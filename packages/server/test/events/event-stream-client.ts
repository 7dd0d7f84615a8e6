import { request } from 'node:http';
import type { Socket } from 'node:net';
import type { ToldEvent } from './event-service.ts';

export interface StreamAsk {
  /** `127.0.0.1:port`. */
  readonly address: string;
  readonly key?: string;
  readonly query?: string;
  readonly lastId?: string;
}

/** A client of a stream, on a connection of its own. */
export interface StreamClient extends Disposable {
  readonly headers: NodeJS.Dict<string | string[]>;
  /** The events so far. */
  readonly events: ToldEvent[];
  /** The `id` of each of them. */
  readonly cursors: string[];
  /** The last `id`, as an EventSource keeps it. */
  lastId(): string;
  /** All text so far. */
  text(): string;
  /** Resolves once the condition holds. Fails if the stream ends before. */
  until(condition: () => boolean): Promise<void>;
  readonly ended: Promise<void>;
  readonly socket: Socket;
}

/** Resolves with the head of the answer, which must be a 200. */
export function followEvents({ address, key, query = '', lastId = '' }: StreamAsk): Promise<StreamClient> {
  const { promise, resolve, reject } = Promise.withResolvers<StreamClient>();
  const headers = {
    Accept: 'text/event-stream',
    ...(key !== undefined && { Authorization: `Bearer ${key}` }),
    ...(lastId !== '' && { 'Last-Event-ID': lastId }),
  };
  const sent = request(`http://${address}/events${query}`, { agent: false, headers });
  sent.once('error', reject);
  sent.once('response', (incoming) => {
    if (incoming.statusCode !== 200) {
      incoming.resume();
      reject(new Error(`expected a stream; got ${incoming.statusCode}`));
      return;
    }
    let [text, seen, id] = ['', 0, lastId];
    const events: ToldEvent[] = [];
    const cursors: string[] = [];
    const hearers = new Set<() => void>();
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const hear = (): void => {
      for (const one of hearers) one();
    };
    incoming.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      for (let at = text.indexOf('\n\n', seen); at !== -1; at = text.indexOf('\n\n', seen)) {
        const lines = new Map(
          text
            .slice(seen, at)
            .split('\n')
            .map((line) => line.split(/: ?(.*)/s, 2) as [string, string]),
        );
        seen = at + 2;
        id = lines.get('id') ?? id;
        const data = lines.get('data');
        if (data === undefined) continue;
        events.push(JSON.parse(data) as ToldEvent);
        cursors.push(id);
      }
      hear();
    });
    let hasEnded = false;
    incoming
      .on('error', () => undefined)
      .once('close', () => {
        hasEnded = true;
        end();
        hear();
      });
    resolve({
      headers: incoming.headers,
      events,
      cursors,
      lastId: () => id,
      text: () => text,
      async until(condition) {
        while (!condition()) {
          if (hasEnded) throw new Error(`the stream ended: ${text}`);
          const { promise: heard, resolve: wake } = Promise.withResolvers<void>();
          hearers.add(wake);
          await heard;
          hearers.delete(wake);
        }
      },
      ended,
      socket: incoming.socket,
      [Symbol.dispose]: () => void incoming.destroy(),
    });
  });
  sent.end();
  return promise;
}

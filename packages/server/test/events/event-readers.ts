import { setTimeout as delay } from 'node:timers/promises';
import { type Received, startReceiver } from '../../../../test/servers/webhook-receiver.ts';
import type { Random } from '../chance/random.ts';
import type { ToldEvent, ToldPage } from './event-service.ts';
import { followEvents, type StreamClient } from './event-stream-client.ts';

/** Reads events until disposed, whatever happens to the processes. */
export interface EventFollower extends AsyncDisposable {
  /** Each telling so far. */
  readonly told: readonly ToldEvent[];
}

export interface FollowerOptions {
  readonly origin: () => string;
  readonly key: string;
}

const PAUSE_MS = 100;
/** A frozen process doesn't answer: the next one is asked. */
const PAGE_MS = 10_000;

/** By pages, each from the cursor of the one before. */
export function followPages({ origin, key }: FollowerOptions): EventFollower {
  const told: ToldEvent[] = [];
  const headers = { Authorization: `Bearer ${key}` };
  let position = 'from=oldest';
  const over = repeat(async () => {
    const signal = AbortSignal.timeout(PAGE_MS);
    const answer = await fetch(`${origin()}/events?limit=40&wait=2&${position}`, { headers, signal });
    const page = (await answer.json()) as ToldPage;
    if (answer.status >= 500) return;
    if (answer.status !== 200) throw new Fatal(JSON.stringify(page));
    told.push(...page.events);
    position = `cursor=${page.next_cursor}`;
  });
  return { told, [Symbol.asyncDispose]: over };
}

/** By streams, each from the last id of the one before. Some are broken off. */
export function followStreams({ origin, key, random }: FollowerOptions & { readonly random: Random }): EventFollower {
  const told: ToldEvent[] = [];
  let lastId = '';
  let current: StreamClient | undefined;
  const over = repeat(async () => {
    const query = lastId === '' ? '?from=oldest' : '';
    using stream = await followEvents({ address: new URL(origin()).host, key, query, lastId });
    current = stream;
    await Promise.race([stream.ended, delay(1_000 + random.below(4_000))]);
    told.push(...stream.events);
    lastId = stream.lastId();
  });
  return {
    told,
    async [Symbol.asyncDispose]() {
      current?.[Symbol.dispose]();
      await over();
    },
  };
}

/** A receiver that refuses a third of the requests: half of the first ones of each event. */
export async function startFailingReceiver(random: Random) {
  const told: ToldEvent[] = [];
  const asked = new Set<string>();
  let isAway = false;
  let gate = Promise.resolve();
  const receiver = await startReceiver(async ({ id, body }: Received, response) => {
    await gate;
    if (isAway) return response.destroy();
    const isFirst = !asked.has(id);
    asked.add(id);
    if (isFirst && random.chance(0.5)) return response.writeHead(503, { 'Retry-After': '1' }).end();
    told.push((JSON.parse(body) as { data: ToldEvent }).data);
    return response.writeHead(204).end();
  });
  return {
    ...receiver,
    told,
    /** Answers nothing until released. */
    hold(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    /** Breaks every connection until the returned function is called. */
    leave(): () => void {
      isAway = true;
      return () => {
        isAway = false;
      };
    },
  };
}

class Fatal extends Error {}

/** Until the returned function is called. A failed round is repeated, unless it is fatal. */
function repeat(round: () => Promise<void>): () => Promise<void> {
  let isOver = false;
  const work = async (): Promise<void> => {
    while (!isOver) {
      try {
        await round();
      } catch (error) {
        if (error instanceof Fatal) throw error;
      }
      await delay(PAUSE_MS);
    }
  };
  const running = work();
  running.catch(() => undefined); // told when it is disposed
  return () => {
    isOver = true;
    return running;
  };
}

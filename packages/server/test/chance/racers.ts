import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from './random.ts';

/** An answer with its whole body. */
export interface Told {
  readonly status: number;
  readonly text: string;
  /** The answer's fields; empty where it isn't JSON. */
  readonly json: { readonly [name: string]: unknown };
}

export async function told(answered: Response | Promise<Response>): Promise<Told> {
  const response = await answered;
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  return { status: response.status, text, json: isJson ? JSON.parse(text) : {} };
}

/** Runs them concurrently, each after its own delay. */
export type Together = <Result>(racers: readonly (() => Promise<Result>)[]) => Promise<Result[]>;

export function createTogether(random: Random): Together {
  /** Roughly the longest time of a racer in the last races. */
  let slowestMs = 0;

  /** Waits for nothing, for some turns of the event loop, or for a part of a race. */
  async function passTime(): Promise<void> {
    const kind = random.below(3);
    if (kind === 1) for (let turns = random.below(100); turns > 0; turns -= 1) await new Promise(setImmediate);
    if (kind === 2) await delay(random.next() * slowestMs);
  }

  return async (racers) => {
    const lasted: number[] = [];
    const results = await Promise.all(
      racers.map(async (racer) => {
        await passTime();
        const began = performance.now();
        const result = await racer();
        lasted.push(performance.now() - began);
        return result;
      }),
    );
    slowestMs = Math.max(0.9 * slowestMs, ...lasted);
    return results;
  };
}

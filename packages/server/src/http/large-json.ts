import { readFile } from 'node:fs/promises';
import type { Services } from '../services.ts';
import { clientOf, ownerBefore } from './client.ts';
import { type JsonLimits, parseJson, requestBody, requireLength } from './request-body.ts';
import type { RouteContext } from './route.ts';

/** What a JSON body holds; dispose of it when its texts are needed no more. */
export interface LargeJson extends Disposable {
  readonly value: unknown;
}

/** A body without a file fits in, whatever it says. */
const SMALL_BYTES = 65_536;

/**
 * A JSON body of which few fit into memory: what isn't small is received into a file, so that a slow sender holds up nobody,
 * and then read when there is a place.
 */
export async function readLargeJson(
  c: RouteContext,
  { staging }: Pick<Services, 'staging'>,
  limits: JsonLimits,
): Promise<LargeJson> {
  requireLength(c, limits.maxBytes);
  await using body = requestBody(c, limits.maxBytes); // gives up its place, also where nobody reads on
  const start: Uint8Array[] = [];
  for (let sizeBytes = 0; sizeBytes <= SMALL_BYTES; ) {
    const { done, value } = await body.next();
    if (done) return { value: parseJson(Buffer.concat(start), limits), [Symbol.dispose]() {} };
    start.push(value);
    sizeBytes += value.length;
  }

  await using file = await staging.stage(startingWith(start, body), limits);
  using stack = new DisposableStack();
  stack.use(await c.get('gates').largeJson.enter({ client: clientOf(c), owner: ownerBefore(c) }));
  const value = parseJson(await readFile(file.path), limits);
  const held = stack.move();
  return { value, [Symbol.dispose]: () => held.dispose() };
}

async function* startingWith(start: Uint8Array[], rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* start;
  start.length = 0;
  yield* rest;
}

import { readFile } from 'node:fs/promises';
import type { Services } from '../../services.ts';
import { declaredLength } from '../request/body-length.ts';
import { clientOf, payerFor } from '../request/client.ts';
import type { RouteContext } from '../route.ts';
import { type JsonLimits, parseJson, requestBody, requireLength } from './request-body.ts';

/** The content of a JSON body. Dispose of it when its texts are no longer needed. */
export interface LargeJson extends Disposable {
  readonly value: unknown;
}

export interface LargeJsonLimits extends JsonLimits {
  /** What a larger body leaves free of the disk; absent: half of the reserve, since it may be a batch of deletions. */
  readonly leaving?: 'reserve';
}

/** Enough for any body without a file. */
const SMALL_BYTES = 65_536;

/**
 * A JSON body that may be too large to hold many in memory. Larger bodies are received into a file, so that a slow
 * sender blocks nobody, and parsed when a place is free.
 */
export async function readLargeJson(
  c: RouteContext,
  { staging }: Pick<Services, 'staging'>,
  limits: LargeJsonLimits,
): Promise<LargeJson> {
  requireLength(c, limits.maxBytes);
  await using body = requestBody(c, limits.maxBytes); // also releases its place if nobody reads on
  const start: Uint8Array[] = [];
  for (let sizeBytes = 0; sizeBytes <= SMALL_BYTES; ) {
    const { done, value } = await body.next();
    if (done) return { value: parseJson(Buffer.concat(start), limits), [Symbol.dispose]() {} };
    start.push(value);
    sizeBytes += value.length;
  }

  const { maxBytes, leaving = 'half-reserve' } = limits;
  await using file = await staging.stage(startingWith(start, body), {
    maxBytes,
    payer: payerFor(c),
    leaving,
    announcedBytes: declaredLength(c),
  });
  using stack = new DisposableStack();
  stack.use(await c.get('places').largeJson.enter(clientOf(c)));
  const value = parseJson(await readFile(file.path), limits);
  const held = stack.move();
  return { value, [Symbol.dispose]: () => held.dispose() };
}

async function* startingWith(start: Uint8Array[], rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* start;
  start.length = 0;
  yield* rest;
}

import { AppError } from '../domain/errors.ts';
import { isDeeperThan } from './json-depth.ts';
import type { RouteContext } from './route.ts';

/**
 * The body's chunks, of which one byte too many fails with `upload-too-large`. Node's own request where there is one: a web stream in front costs a third of the throughput.
 * Leaving off early keeps the connection: node-server then drains for at most 500 ms, so that the client sees the answer.
 */
export async function* requestBody(c: RouteContext, maxBytes: number): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  for await (const chunk of chunksOf(c)) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw tooLarge(maxBytes, 'more');
    yield chunk;
  }
}

/** Slower than this for a whole window is no slow line but nobody: 50 MB may take hours, and a stalled body ends. */
const PROGRESS = { windowSeconds: 30, minBytes: 1_024 };

async function* chunksOf(c: RouteContext): AsyncGenerator<Uint8Array> {
  const { incoming } = c.env ?? {};
  const chunks: AsyncIterator<Uint8Array> | undefined = incoming
    ? incoming.iterator({ destroyOnReturn: false })
    : c.req.raw.body?.[Symbol.asyncIterator]();
  if (!chunks) return;
  let arrivedBytes = 0;
  let isWaiting = false;
  const stalled = Promise.withResolvers<never>();
  stalled.promise.catch(() => undefined); // most bodies never stall
  const watch = setInterval(() => {
    const detail = `expected at least ${PROGRESS.minBytes} bytes of body each ${PROGRESS.windowSeconds} s; came ${arrivedBytes}`;
    if (isWaiting && arrivedBytes < PROGRESS.minBytes) stalled.reject(new AppError('body-interrupted', detail));
    arrivedBytes = 0;
  }, PROGRESS.windowSeconds * 1000);
  try {
    for (;;) {
      isWaiting = true;
      const { done, value } = await Promise.race([chunks.next(), stalled.promise]);
      isWaiting = false;
      if (done) break;
      arrivedBytes += value.length;
      yield value;
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('body-interrupted', 'expected the whole body; the connection ended before it', { cause: error });
  } finally {
    clearInterval(watch);
    void chunks.return?.()?.catch(() => undefined); // not awaited: a stalled next() would never let it
  }
  if (incoming && !incoming.complete) {
    throw new AppError('body-interrupted', 'expected the whole body; the connection ended before it');
  }
}

export const tooLarge = (maxBytes: number, came: number | 'more'): AppError =>
  new AppError('upload-too-large', `expected at most ${maxBytes} bytes; came ${came}`);

/** Refuses a body by its declared length, before a byte of it is read. */
export function requireLength(c: RouteContext, maxBytes: number): void {
  const declared = Number(c.req.header('content-length') ?? 0);
  if (declared > maxBytes) throw tooLarge(maxBytes, declared);
}

/** No body at all, or one of no bytes. */
export const hasEmptyBody = (c: RouteContext): boolean =>
  c.req.header('transfer-encoding') === undefined &&
  Number(c.req.header('content-length') ?? 0) === 0 &&
  (c.env?.incoming !== undefined || c.req.raw.body === null);

/** Levels of nesting, beyond what metadata may hold: what goes on to walk the value may recurse. */
const MAX_JSON_DEPTH = 2_100;

/** An honest body has tens; parsing half a million would hold up everybody for seconds. */
const MAX_JSON_VALUES = 10_000;

/** Counts what separates values, in texts too: those are short but for the base64, which has none of these. */
function hasFewValues(json: Uint8Array): boolean {
  let separators = 0;
  for (const byte of json) {
    if (byte === 0x2c || byte === 0x5b || byte === 0x7b) separators += 1; // , [ {
  }
  return separators <= MAX_JSON_VALUES;
}

/** A whole body of at most `maxBytes`, parsed as JSON. */
export async function readJson(c: RouteContext, maxBytes: number): Promise<unknown> {
  requireLength(c, maxBytes);
  const bytes = Buffer.concat(await Array.fromAsync(requestBody(c, maxBytes)));
  if (!hasFewValues(bytes)) {
    throw new AppError('malformed-body', `expected JSON of at most ${MAX_JSON_VALUES} values; came more`);
  }
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (!isDeeperThan(value, MAX_JSON_DEPTH)) return value;
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? cause.message : 'it is not UTF-8';
    throw new AppError('malformed-body', `expected JSON; came a body that is not: ${reason}`, { cause });
  }
  throw new AppError('malformed-body', `expected JSON of at most ${MAX_JSON_DEPTH} levels; came deeper`);
}

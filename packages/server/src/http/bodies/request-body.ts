import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError, uploadTooLarge } from '../../domain/errors.ts';
import { createHalt, type Halt } from '../../flow/halt.ts';
import { truncated } from '../../text/preview.ts';
import { declaredLength } from '../request/body-length.ts';
import { payerFor } from '../request/client.ts';
import { contentTypeOf, isJson } from '../request/content-type.ts';
import { isDeeperThan } from '../request/json-size.ts';
import type { RouteContext } from '../route.ts';

/**
 * Streams the body's chunks. Reads Node's own request if there is one: a web stream in between costs a third of the
 * throughput. `payer`: whose share the body uses. After an early stop the rest is drained, so that the client sees the
 * answer (docs/decisions/0006). Errors: `upload-too-large` after `maxBytes`; `overloaded` if too many bodies arrive at
 * once and no payer sends more of them, or if this body must yield to a payer that sends fewer.
 */
export async function* requestBody(c: RouteContext, maxBytes: number, payer = payerFor(c)): AsyncGenerator<Uint8Array> {
  const { halt, wait } = createHalt();
  using _place = c.get('places').bodies.enter({ payer, giveWay: halt });
  const arrived = await arrivedBody(c);
  const { facts } = c.env ?? {};
  let sizeBytes = 0;
  for await (const chunk of arrived ?? chunksOf(c, { halt, wait })) {
    sizeBytes += chunk.length;
    if (facts) facts.bytesRead += chunk.length;
    if (sizeBytes > maxBytes) throw uploadTooLarge(maxBytes, 'more');
    yield chunk;
  }
}

/** The whole body, if it arrived together with the headers, as small bodies do. Then no supervision is needed. */
async function arrivedBody(c: RouteContext): Promise<readonly Uint8Array[] | undefined> {
  const { incoming } = c.env ?? {};
  if (!incoming) return undefined;
  if (!incoming.complete) await nextTurn(); // a request is handled as soon as its headers are parsed
  if (!incoming.complete) return undefined;
  const whole: Buffer | null = incoming.read();
  return whole === null ? [] : [whole];
}

/** A sender below this for a whole window is stalled, not slow: 50 MB may take hours, but a stalled body ends. */
const PROGRESS = { windowSeconds: 30, minBytes: 1_024 };
/** 4 KB a second. Slower senders lose their place when others were refused. */
const CROWDED_MIN_BYTES = 131_072;

async function* chunksOf(c: RouteContext, { halt, wait }: Halt): AsyncGenerator<Uint8Array> {
  const { incoming } = c.env ?? {};
  const chunks: AsyncIterator<Uint8Array> | undefined = incoming
    ? incoming.iterator({ destroyOnReturn: false })
    : c.req.raw.body?.[Symbol.asyncIterator]();
  if (!chunks) return;
  sendContinue(c);
  let arrivedBytes = 0;
  const { bodies } = c.get('places');
  let refused = bodies.refused();
  let isWaiting = false;
  const watch = setInterval(() => {
    const minBytes = bodies.refused() > refused ? CROWDED_MIN_BYTES : PROGRESS.minBytes;
    const detail = `expected at least ${minBytes} bytes of body each ${PROGRESS.windowSeconds} s; got ${arrivedBytes}`;
    if (isWaiting && arrivedBytes < minBytes) halt(new AppError('body-interrupted', detail));
    arrivedBytes = 0;
    if (isWaiting) refused = bodies.refused(); // else the next window is judged by it
  }, PROGRESS.windowSeconds * 1000);
  try {
    for (;;) {
      isWaiting = true;
      const { done, value } = await wait(chunks.next());
      isWaiting = false;
      if (done) break;
      arrivedBytes += value.length;
      yield value;
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('body-interrupted', 'expected the whole body; got a part before the connection ended', {
      cause: error,
    });
  } finally {
    clearInterval(watch);
    void chunks.return?.()?.catch(() => undefined); // not awaited: a stalled next() would block it
  }
  if (incoming && !incoming.complete) {
    throw new AppError('body-interrupted', 'expected the whole body; got a part before the connection ended');
  }
}

/**
 * A client may wait for it before it sends a body (RFC 9110 10.1.1). One that is refused without a look at its body
 * never gets it.
 */
function sendContinue(c: RouteContext): void {
  const { incoming, outgoing } = c.env ?? {};
  if (incoming?.httpVersion !== '1.1' || incoming.headers.expect === undefined) return;
  if (outgoing?.headersSent === false) outgoing.writeContinue();
}

/** Refuses a body by its declared length, before reading it. */
export function requireLength(c: RouteContext, maxBytes: number): void {
  const declared = declaredLength(c);
  if (declared > maxBytes) throw uploadTooLarge(maxBytes, declared);
}

/** Levels of nesting, more than metadata may have: later code may walk the value recursively. */
const MAX_JSON_DEPTH = 2_100;

/** An upload has tens of values. Parsing half a million would block the event loop for seconds. */
const MAX_JSON_VALUES = 10_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Counts the separators of values, and those of names, and skips strings, which may be most of a body. */
function countSeparators(json: Buffer): { readonly values: number; readonly names: number } {
  let values = 0;
  let names = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) at = endOfText(json, at);
    else if (byte === 0x2c || byte === 0x5b || byte === 0x7b)
      values += 1; // , [ {
    else if (byte === 0x3a) names += 1; // :
  }
  return { values, names };
}

/** The members of all objects in a value. `JSON.parse` keeps one of those with the same name. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value);
  return inner.reduce<number>((sum, one) => sum + countMembers(one), Array.isArray(value) ? 0 : inner.length);
}

/** The end of the string that begins at `start`: a quote after an even number of backslashes. */
function endOfText(json: Buffer, start: number): number {
  for (let end = json.indexOf(QUOTE, start + 1); end !== -1; end = json.indexOf(QUOTE, end + 1)) {
    let backslashes = 0;
    while (json[end - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return json.length;
}

/** The limits of a JSON body. */
export interface JsonLimits {
  readonly maxBytes: number;
  /** Members and elements in total. */
  readonly maxValues?: number;
  /** No error repeats a part of it. */
  readonly isSecret?: boolean;
}

/** Reads a body of at most `maxBytes` and parses it as JSON. */
export async function readJson(c: RouteContext, limits: JsonLimits): Promise<unknown> {
  requireLength(c, limits.maxBytes);
  return parseJson(Buffer.concat(await Array.fromAsync(requestBody(c, limits.maxBytes))), limits, contentTypeOf(c));
}

/** `type`: the declared media type, which the error of another body names. */
export function parseJson(
  bytes: Buffer,
  { maxValues = MAX_JSON_VALUES, isSecret = false }: JsonLimits,
  type = '',
): unknown {
  const { values, names } = countSeparators(bytes);
  if (values > maxValues) {
    throw new AppError('malformed-body', `expected JSON of at most ${maxValues} values; got more`);
  }
  const value = parsedText(bytes, type, isSecret);
  if (isDeeperThan(value, MAX_JSON_DEPTH)) {
    throw new AppError('malformed-body', `expected JSON of at most ${MAX_JSON_DEPTH} levels; got more`);
  }
  // Readers differ in which of two members counts (RFC 8259 4): two users would be one of them.
  if (countMembers(value) !== names) {
    throw new AppError('malformed-body', 'expected JSON with each name once in its object; got one twice');
  }
  return value;
}

function parsedText(bytes: Buffer, type: string, isSecret: boolean): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? cause.message : 'it is not UTF-8';
    const got = type === '' || isJson(type) ? 'another body' : `a body of the Content-Type ${truncated(type)}`;
    if (isSecret) throw new AppError('malformed-body', `expected JSON; got ${got}`);
    throw new AppError('malformed-body', `expected JSON; got ${got}: ${reason}`, { cause });
  }
}

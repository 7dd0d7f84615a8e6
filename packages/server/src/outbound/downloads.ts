import type { Dispatcher } from 'undici';
import type { Reach } from '../domain/ingest/ingest-hosts.ts';
import { abortReason, unlessAborted } from '../flow/abort.ts';
import { acceptedUrl } from './accepted-url.ts';
import { startDeadline } from './deadline.ts';
import type { LookUp } from './look-up.ts';
import { createOrigins, faultOf, type Origins, type OriginsOptions } from './origins.ts';
import { OutboundError } from './outbound-error.ts';
import { countInterims, headersIn, NEVER_PAUSED, requireUncompressed, tooLarge } from './receive-answer.ts';

/** The client for bytes at URLs that people chose, with the guard of `Outbound` and connections of its own. */
export interface Downloads extends AsyncDisposable {
  /**
   * One GET, by no proxy, and at most `MAX_REDIRECTS` redirects, each of which is judged as the first URL is. Errors:
   * `OutboundError`, or the reason of `signal`; also of the body, until it is disposed of.
   */
  get(url: string, request: DownloadRequest): Promise<Download>;
}

export interface DownloadRequest {
  /** For everything, from the look-up of the name to the last byte of the body. */
  readonly timeoutMs: number;
  /** The limit of the body. */
  readonly maxBytes: number;
  /** Where a host may be; null: it may not be asked. It is as in a parsed URL: an address of IPv6 has brackets. */
  readonly reachOf: (hostname: string) => Reach | null;
  readonly signal?: AbortSignal;
}

/** Disposing ends its connection, unless all of the body was read. */
export interface Download extends Disposable {
  /** By its Content-Length; undefined: it has none. */
  readonly announcedBytes: number | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

export const MAX_REDIRECTS = 3;

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const GONE: readonly number[] = [404, 410];
/** Later the answer may be another one; so may it be for each 5xx. */
const FOR_NOW: readonly number[] = [408, 425, 429];

/** Some hosts refuse requests without a name. */
const HEADERS = { accept: 'image/*', 'accept-encoding': 'identity', 'user-agent': 'Safelight' };

interface Answer extends Pick<Dispatcher.ResponseData, 'body'> {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
}

export interface DownloadsOptions extends Omit<OriginsOptions, 'lookUp'> {
  readonly lookUp: Readonly<Record<Reach, LookUp>>;
}

export function createDownloads({ allow, lookUp, ...options }: DownloadsOptions): Downloads {
  const origins: Readonly<Record<Reach, Origins>> = {
    public: createOrigins({ ...options, allow: [], lookUp: lookUp.public }),
    allowed: createOrigins({ ...options, allow, lookUp: lookUp.allowed }),
  };

  /** An answer, which `held` ends. */
  const ask = async (url: URL, reach: Reach, signal: AbortSignal, held: DisposableStack): Promise<Answer> => {
    const { origin, host, pathname, search } = url;
    const { lines, pools } = origins[reach];
    using place = new DisposableStack();
    place.use(await lines.enter(origin, signal));
    const { statusCode, headers, body } = await pools.of(origin).request({
      path: `${pathname}${search}`,
      method: 'GET',
      headers: { ...HEADERS, host },
      signal,
      responseHeaders: 'raw',
      highWaterMark: NEVER_PAUSED,
      onInfo: countInterims(origin),
    });
    place.defer(() => void body.on('error', () => undefined).destroy());
    signal.throwIfAborted(); // nobody waits for it any more
    held.use(place.move());
    return { status: statusCode, headers: headersIn(headers as unknown as readonly string[], origin), body };
  };

  return {
    async get(text, { timeoutMs, maxBytes, reachOf, signal: callers }) {
      using held = new DisposableStack();
      let { origin } = acceptedUrl(text);
      const late = () =>
        new OutboundError('timeout', `expected all bytes from ${origin} within ${timeoutMs} ms; got no end`);
      const follows = [origins.public.closing, ...(callers ? [callers] : [])];
      const { signal } = held.use(startDeadline({ afterMs: timeoutMs, late, follows }));
      try {
        let url = acceptedUrl(text);
        for (let redirects = 0; ; redirects += 1) {
          origin = url.origin;
          const reach = reachOf(url.hostname);
          if (reach === null)
            throw new OutboundError('refused-host', `expected one of the permitted hosts; got ${url.host}`);
          using hop = new DisposableStack();
          const answer = await unlessAborted(ask(url, reach, signal, hop), signal);
          if (!REDIRECTS.includes(answer.status)) {
            const download = downloadOf(answer, { origin, maxBytes, signal });
            held.use(hop.move());
            const all = held.move();
            return { ...download, [Symbol.dispose]: () => all.dispose() };
          }
          if (redirects === MAX_REDIRECTS)
            throw new OutboundError('too-many-redirects', `expected at most ${MAX_REDIRECTS} redirects; got more`);
          url = targetOf(answer, url);
        }
      } catch (cause) {
        if (signal.aborted) throw abortReason(signal);
        throw faultOf(cause, origin);
      }
    },

    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(origins).map((one) => one[Symbol.asyncDispose]()));
    },
  };
}

/** Errors: `broken-answer`, `refused-url`. */
function targetOf({ status, headers }: Answer, from: URL): URL {
  const location = headers.get('location');
  if (location === undefined)
    throw new OutboundError('broken-answer', `expected a Location with ${status} from ${from.origin}; got none`);
  return acceptedUrl(location, from.href);
}

interface BodyOptions {
  readonly origin: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Errors: those of a status other than 200, `compressed`, `too-large`. */
function downloadOf(
  { status, headers, body }: Answer,
  options: BodyOptions,
): Pick<Download, 'announcedBytes' | 'body'> {
  const { origin, maxBytes } = options;
  if (status !== 200) throw new OutboundError(faultOfStatus(status), `expected 200 from ${origin}; got ${status}`);
  requireUncompressed(headers, origin);
  const length = headers.get('content-length');
  const announcedBytes = length === undefined ? undefined : Number(length);
  if (announcedBytes !== undefined && announcedBytes > maxBytes)
    throw tooLarge(origin, `at most ${maxBytes} bytes`, length);
  return { announcedBytes, body: boundedBody(body, options) };
}

function faultOfStatus(status: number): 'not-found' | 'unavailable' | 'bad-status' {
  if (GONE.includes(status)) return 'not-found';
  return status >= 500 || FOR_NOW.includes(status) ? 'unavailable' : 'bad-status';
}

async function* boundedBody(
  body: AsyncIterable<Uint8Array>,
  { origin, maxBytes, signal }: BodyOptions,
): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  try {
    for await (const chunk of body) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) throw tooLarge(origin, `at most ${maxBytes} bytes`);
      yield chunk;
    }
  } catch (cause) {
    if (signal.aborted) throw abortReason(signal);
    throw faultOf(cause, origin);
  }
}

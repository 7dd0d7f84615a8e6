import { abortReason, unlessAborted } from '../flow/abort.ts';
import { acceptedUrl } from './accepted-url.ts';
import { startDeadline } from './deadline.ts';
import { createOrigins, faultOf, type OriginsOptions } from './origins.ts';
import { OutboundError } from './outbound-error.ts';
import { countInterims, NEVER_PAUSED, type OutboundAnswer, receiveAnswer } from './receive-answer.ts';

/**
 * The only client for URLs that a person or a configuration chose: it reaches public hosts by https, and
 * `OUTBOUND_ALLOW`.
 */
export interface Outbound extends AsyncDisposable {
  /**
   * One POST, by no proxy, to no redirect, and without a retry. Errors: `OutboundError`, or the reason of `signal`. The
   * peer may have received the request even so.
   */
  post(url: string, request: OutboundRequest): Promise<OutboundAnswer>;
}

export interface OutboundRequest {
  /** `Host` and `Accept-Encoding` are the client's own. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** For everything, from the look-up of the name to the last byte of the answer. */
  readonly timeoutMs: number;
  /** The limit of the answer's body. */
  readonly maxAnswerBytes: number;
  /** A larger body is an error, or is cut and received no further. */
  readonly largerAnswer?: 'error' | 'cut';
  readonly signal?: AbortSignal;
}

export function createOutbound(options: OriginsOptions): Outbound {
  const origins = createOrigins(options);
  const { lines, pools, closing } = origins;

  return {
    async post(text, { headers, body, timeoutMs, maxAnswerBytes, largerAnswer = 'error', signal: callers }) {
      const { origin, host, pathname, search } = acceptedUrl(text);
      const late = () =>
        new OutboundError('timeout', `expected an answer from ${origin} within ${timeoutMs} ms; got none`);
      const follows = [closing, ...(callers ? [callers] : [])];
      using deadline = startDeadline({ afterMs: timeoutMs, late, follows });
      const { signal } = deadline;

      const exchange = async (): Promise<OutboundAnswer> => {
        using _place = await lines.enter(origin, signal);
        const answer = await pools.of(origin).request({
          path: `${pathname}${search}`,
          method: 'POST',
          headers: { ...inLowerCase(headers), host, 'accept-encoding': 'identity' },
          body,
          signal,
          responseHeaders: 'raw',
          highWaterMark: NEVER_PAUSED,
          onInfo: countInterims(origin),
        });
        return await receiveAnswer(answer, { origin, maxAnswerBytes, largerAnswer });
      };
      try {
        // undici hears the signal only when it has a connection. Until then the request keeps its place.
        return await unlessAborted(exchange(), signal);
      } catch (cause) {
        if (signal.aborted) throw abortReason(signal);
        throw faultOf(cause, origin);
      }
    },

    [Symbol.asyncDispose]: () => origins[Symbol.asyncDispose](),
  };
}

const inLowerCase = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

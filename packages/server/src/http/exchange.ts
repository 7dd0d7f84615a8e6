import { type Awaitable, andThen, orElse } from '../domain/awaitable.ts';
import { AppError } from '../domain/errors.ts';
import type { Logger } from '../logger.ts';
import type { Observer } from '../observer/observer.ts';
import { problemAnswer } from './problem-answer.ts';
import { newRequestId } from './request-id.ts';
import type { RouteContext } from './route.ts';
import type { Step } from './steps/step.ts';

export interface ExchangeOptions {
  /** Taken in this order. */
  readonly steps: readonly Step[];
  /** Of one answer's body, where the platform takes only so much; undefined: any number. */
  readonly maxAnswerBytes: number | undefined;
  readonly logger: Logger;
  readonly observe: Observer;
}

type Handle = (c: RouteContext) => Awaitable<Response>;

/**
 * A request from its first step to its line in the log, whatever becomes of it. One function instead of a chain of Hono's
 * middlewares, of which each would cost every request several promises; where nothing has to be waited for it needs none.
 */
export const exchange =
  ({ steps, maxAnswerBytes, logger, observe }: ExchangeOptions) =>
  (handle: Handle) =>
  (c: RouteContext): Awaitable<Response> => {
    const start = performance.now();
    c.set('requestId', newRequestId()); // ours, never the client's: it ties an answer to its line in the log
    const answered = orElse(
      () => {
        const response = firstAnswer(steps, c, handle);
        return maxAnswerBytes === undefined ? response : requireAtMost(maxAnswerBytes, c, response);
      },
      (error) => problemAnswer(c, error, observe),
    );
    return andThen(answered, (response) => {
      const code = c.get('problem')?.code;
      if (code) observe({ event: 'request-refused', requestId: c.get('requestId'), status: response.status, code });
      logExchange(logger, c, { status: response.status, elapsedMs: performance.now() - start });
      return response;
    });
  };

/** The first answer that a step gives, else the handler's. */
function firstAnswer(steps: readonly Step[], c: RouteContext, handle: Handle): Awaitable<Response> {
  let taken = 0;
  for (const step of steps) {
    const early = step(c);
    taken++;
    if (early instanceof Promise) return early.then((answer) => answer ?? firstAnswer(steps.slice(taken), c, handle));
    if (early) return early;
  }
  return handle(c);
}

/** Refused before it is read. */
async function requireAtMost(maxBytes: number, c: RouteContext, answered: Awaitable<Response>): Promise<Response> {
  const response = await answered;
  const sizeBytes = Number(response.headers.get('content-length') ?? 0);
  if (c.req.method === 'HEAD' || sizeBytes <= maxBytes) return response;
  await response.body?.cancel();
  const detail = `expected to answer at most ${maxBytes} bytes; these are ${sizeBytes}: ask for a Range of them, or for /images/{id}/download`;
  throw new AppError('invalid-request', detail);
}

/**
 * One line a request. Only the path: queries hold signatures and what people search for. Of a problem its code and sentence,
 * from which the logger takes what a client may not want there (logged-detail.ts).
 */
function logExchange(logger: Logger, c: RouteContext, came: { status: number; elapsedMs: number }): void {
  const level = came.status >= 500 ? 'error' : 'info';
  if (!logger.isLevelEnabled(level)) return;
  const problem = c.get('problem');
  const line = {
    request_id: c.get('requestId'),
    method: c.req.method,
    path: pathOf(c.req.url),
    status: came.status,
    ms: Math.round(came.elapsedMs * 10) / 10,
    ...(problem && { code: problem.code, detail: problem.detail }),
  };
  logger[level](line, 'request');
}

/** Every path of ours is shorter; an object's key may have 1,024 bytes, percent-encoded. */
const MAX_LOGGED_PATH_LENGTH = 1_024;

/** Still percent-encoded: decoded, a path could hold line breaks and forge a line. */
const pathOf = (url: string): string =>
  /^[^/]*\/\/[^/?#]*([^?#]*)/.exec(url)?.[1]?.slice(0, MAX_LOGGED_PATH_LENGTH) ?? '';

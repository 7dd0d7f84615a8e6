import { AppError } from '../domain/errors.ts';
import type { Logger } from '../logger.ts';
import { problemAnswer } from './problem-answer.ts';
import type { RouteContext } from './route.ts';
import { beginAnswer } from './steps/answer-headers.ts';
import type { Step } from './steps/step.ts';

export interface ExchangeOptions {
  /** Taken in this order. */
  readonly steps: readonly Step[];
  /** Of one answer's body, where the platform takes only so much; undefined: any number. */
  readonly maxAnswerBytes: number | undefined;
  readonly logger: Logger;
}

type Handle = (c: RouteContext) => Response | Promise<Response>;

/**
 * A request from its first step to its line in the log, whatever becomes of it. One function instead of a chain of Hono's
 * middlewares, of which each would cost every request several promises.
 */
export const exchange =
  ({ steps, maxAnswerBytes, logger }: ExchangeOptions) =>
  (handle: Handle) =>
  async (c: RouteContext): Promise<Response> => {
    const start = performance.now();
    beginAnswer(c);
    let response: Response | undefined;
    try {
      for (const step of steps) {
        const result = step(c);
        response = result instanceof Promise ? await result : result;
        if (response) break;
      }
      response ??= await handle(c);
      if (maxAnswerBytes !== undefined) await requireAtMost(maxAnswerBytes, c, response);
    } catch (error) {
      response = problemAnswer(c, error, logger);
    }
    logExchange(logger, c, { status: response.status, elapsedMs: performance.now() - start });
    return response;
  };

/** Refused before it is read. */
async function requireAtMost(maxBytes: number, c: RouteContext, response: Response): Promise<void> {
  const sizeBytes = Number(response.headers.get('content-length') ?? 0);
  if (c.req.method === 'HEAD' || sizeBytes <= maxBytes) return;
  await response.body?.cancel();
  const detail = `expected to answer at most ${maxBytes} bytes; these are ${sizeBytes}: ask for a Range of them, or for /images/{id}/download`;
  throw new AppError('invalid-request', detail);
}

/** One line a request. Only the path: queries hold signatures and what people search for. */
function logExchange(logger: Logger, c: RouteContext, came: { status: number; elapsedMs: number }): void {
  const level = came.status >= 500 ? 'error' : 'info';
  if (!logger.isLevelEnabled(level)) return;
  const line = {
    request_id: c.get('requestId'),
    method: c.req.method,
    path: pathOf(c.req.url),
    status: came.status,
    ms: Math.round(came.elapsedMs * 10) / 10,
  };
  logger[level](line, 'request');
}

/** Still percent-encoded: decoded, a path could hold line breaks and forge a line. */
const pathOf = (url: string): string => /^[^/]*\/\/[^/?#]*([^?#]*)/.exec(url)?.[1] ?? '';

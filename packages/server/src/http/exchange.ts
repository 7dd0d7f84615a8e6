import { randomUUID } from 'node:crypto';
import { AppError } from '../domain/errors.ts';
import type { Logger } from '../log/logger.ts';
import type { Observer } from '../observer/observer.ts';
import { problemAnswer } from './answers/problem-answer.ts';
import type { RequestSpan } from './request-span.ts';
import type { RouteContext } from './route.ts';
import type { Step } from './steps/step.ts';

export interface ExchangeOptions {
  /** Taken in this order. */
  readonly steps: readonly Step[];
  /** Of one answer's body, where the platform takes only so much; undefined: any number. */
  readonly maxAnswerBytes: number | undefined;
  readonly logger: Logger;
  readonly observe: Observer;
  readonly inSpan: RequestSpan;
}

type Handle = (c: RouteContext) => Response | Promise<Response>;

/** A request from its first step to its line in the log. Errors become problem documents. */
export const exchange =
  ({ steps, maxAnswerBytes, logger, observe, inSpan }: ExchangeOptions) =>
  (handle: Handle) =>
  async (c: RouteContext): Promise<Response> => {
    const start = performance.now();
    c.set('requestId', randomUUID()); // ours, never the client's: it ties an answer to its line in the log
    const answered = async (): Promise<Response> => {
      const response = await firstAnswer(steps, c, handle);
      if (maxAnswerBytes !== undefined) await requireAtMost(maxAnswerBytes, c, response);
      return response;
    };
    const response = await inSpan(c, () => answered().catch((error: unknown) => problemAnswer(c, error, observe)));
    const problem = c.get('problem');
    if (problem) {
      const { code, reason } = problem;
      const requestId = c.get('requestId');
      observe({ event: 'request-refused', requestId, status: response.status, code, ...(reason && { reason }) });
    }
    logExchange(logger, c, { status: response.status, elapsedMs: performance.now() - start });
    return response;
  };

/** The first answer that a step gives, else the handler's. */
async function firstAnswer(steps: readonly Step[], c: RouteContext, handle: Handle): Promise<Response> {
  for (const step of steps) {
    const early = await step(c);
    if (early) return early;
  }
  return handle(c);
}

/** Refused before it is read. */
async function requireAtMost(maxBytes: number, c: RouteContext, response: Response): Promise<void> {
  const sizeBytes = Number(response.headers.get('content-length') ?? 0);
  if (c.req.method === 'HEAD' || sizeBytes <= maxBytes) return;
  await response.body?.cancel();
  const detail = `expected an answer of at most ${maxBytes} bytes; got ${sizeBytes}: request a Range, or /images/{id}/download`;
  throw new AppError('invalid-request', detail);
}

/**
 * One line a request. Only the path: queries hold signatures and what people search for. Of a problem its code and sentence,
 * from which the logger takes what a client may not want there (log/logged-detail.ts).
 */
function logExchange(logger: Logger, c: RouteContext, answer: { status: number; elapsedMs: number }): void {
  const level = answer.status >= 500 ? 'error' : 'info';
  if (!logger.isLevelEnabled(level)) return;
  const problem = c.get('problem');
  const line = {
    request_id: c.get('requestId'),
    method: c.req.method,
    path: pathOf(c.req.url),
    status: answer.status,
    ms: Math.round(answer.elapsedMs * 10) / 10,
    client_address: c.get('clientAddress'),
    trace_id: c.get('traceId'),
    ...(problem && { code: problem.code, detail: problem.detail, reason: problem.reason }),
  };
  logger[level](line, 'request');
}

/** Every path of the service is shorter. An object's key may have 1,024 bytes, percent-encoded. */
const MAX_LOGGED_PATH_LENGTH = 1_024;

/** Still percent-encoded: a decoded path could contain line breaks and forge a line. */
const pathOf = (url: string): string =>
  /^[^/]*\/\/[^/?#]*([^?#]*)/.exec(url)?.[1]?.slice(0, MAX_LOGGED_PATH_LENGTH) ?? '';

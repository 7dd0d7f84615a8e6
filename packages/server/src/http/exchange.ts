import { randomUUID } from 'node:crypto';
import { AppError } from '../domain/errors.ts';
import type { Observer } from '../observe/observer/observer.ts';
import { problemAnswer } from './answers/problem-answer.ts';
import type { RequestSpan } from './request-span.ts';
import type { Route, RouteContext, RouteFacts } from './route.ts';
import type { Step } from './steps/step.ts';

export interface ExchangeOptions {
  /** Taken in this order. */
  readonly steps: readonly Step[];
  /** The limit of one answer's body, where the platform has one; undefined: no limit. */
  readonly maxAnswerBytes: number | undefined;
  readonly observe: Observer;
  readonly inSpan: RequestSpan;
}

type Handle = (c: RouteContext) => Response | Promise<Response>;

/**
 * A request from its first step to its answer. Errors become problem documents, unless `refuse` answers them. `route`:
 * null if the path is none of ours.
 */
export const exchange =
  ({ steps, maxAnswerBytes, observe, inSpan }: ExchangeOptions) =>
  (handle: Handle, route: RouteFacts | null, refuse?: Route['refuse']) =>
  async (c: RouteContext): Promise<Response> => {
    c.set('requestId', randomUUID()); // ours, never the client's: it ties an answer to its line in the log
    const facts = c.env?.facts;
    if (facts) {
      facts.context = c;
      facts.route = route;
    }
    const answered = async (): Promise<Response> => {
      const response = await firstAnswer(steps, c, handle);
      if (maxAnswerBytes !== undefined) await requireAtMost(maxAnswerBytes, c, response);
      return response;
    };
    return inSpan(c, route, () => answered().catch((error: unknown) => problemAnswer(c, error, { observe, refuse })));
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

import { AppError, internalFault } from '../../domain/errors.ts';
import { isAbort } from '../../flow/abort.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import { PROBLEMS, RETRIABLE, toProblem } from '../problem.ts';
import type { AnswerHeaders, Route, RouteContext } from '../route.ts';
import { answer, NO_STORE, problemTextAnswer } from './answer.ts';

/** For temporary problems of unknown duration. */
const RETRY_AFTER_SECONDS = 5;

/** Nobody reads this answer: nginx's number for a client that has left. */
const CLIENT_GONE = 499;

export interface ProblemOptions {
  readonly observe: Observer;
  /** As the route's own. */
  readonly refuse?: Route['refuse'];
}

/** The answer to a failed request (RFC 9457). The observer alone gets an internal error. */
export function problemAnswer(c: RouteContext, error: unknown, { observe, refuse }: ProblemOptions): Response {
  if (isAbort(error) && c.req.raw.signal.aborted) return answer(c, null, CLIENT_GONE, {});
  const known = error instanceof AppError ? error : internalFault(error);
  const requestId = c.get('requestId');
  if (PROBLEMS[known.code].status >= 500 && !known.isExpected) observe({ event: 'request-failed', requestId, error });
  const refused = refuse?.(c, known);
  if (refused) c.set('problem', known);
  return refused ?? answerOf(c, known);
}

/** A problem document, without an event of its own: only the request's event describes it. */
export function answerOf(c: RouteContext, known: AppError): Response {
  c.set('problem', known);
  const { status } = PROBLEMS[known.code];
  const headers = {
    ...retryAfter(known),
    // Another caller may be admitted, and so may this one after a change of its rights.
    ...((status === 401 || status === 403) && NO_STORE),
    ...(status === 401 && { 'www-authenticate': challengeTo(known) }),
  };
  return problemTextAnswer(c, JSON.stringify(toProblem(known, c.get('requestId'))), status, headers);
}

/** RFC 6750 3.1: a request without a credential gets no error code. */
const challengeTo = ({ code, reason }: AppError): string =>
  `Bearer realm="safelight"${code !== 'unauthenticated' || reason === 'missing' ? '' : ', error="invalid_token"'}`;

/** When to try again, if that may help. */
export function retryAfter({ code, retryAfterSeconds }: AppError): AnswerHeaders {
  const isRetriable = RETRIABLE.includes(PROBLEMS[code].status);
  const seconds = retryAfterSeconds ?? (isRetriable ? RETRY_AFTER_SECONDS : undefined);
  return seconds === undefined ? {} : { 'retry-after': String(seconds) };
}

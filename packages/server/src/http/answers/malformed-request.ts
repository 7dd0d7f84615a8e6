import { randomUUID } from 'node:crypto';
import { AppError } from '../../domain/errors.ts';
import type { Logger } from '../../log/logger.ts';
import { PROBLEMS, toProblem } from '../problem.ts';
import { completeHeaders, problemHeaders } from './answer.ts';

/** The answer to a request whose target and Host form no URL, so that no route can be found. */
export function malformedRequestAnswer(cause: unknown, logger: Logger): Response {
  const requestId = randomUUID();
  const said = cause instanceof Error ? cause.message : String(cause);
  const error = new AppError('invalid-request', `expected a path and a Host that form a URL; got others: ${said}`);
  const { status } = PROBLEMS[error.code];
  logger.info({ request_id: requestId, status, code: error.code, detail: error.detail }, 'malformed request');
  const headers = { ...completeHeaders(problemHeaders), 'x-request-id': requestId };
  return new Response(JSON.stringify(toProblem(error, requestId)), { status, headers });
}

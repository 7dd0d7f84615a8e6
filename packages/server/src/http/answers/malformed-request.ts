import { randomUUID } from 'node:crypto';
import { AppError } from '../../domain/errors.ts';
import { PROBLEMS, toProblem } from '../problem.ts';
import type { RequestFacts } from '../route.ts';
import { completeHeaders, problemHeaders } from './answer.ts';

/** Answers a request whose target and Host form no URL, so that no route can be found. */
export function malformedRequest(cause: unknown, facts: RequestFacts): Response {
  const requestId = randomUUID();
  const said = cause instanceof Error ? cause.message : String(cause);
  const problem = new AppError('invalid-request', `expected a path and a Host that form a URL; got others: ${said}`);
  facts.malformed = { requestId, problem };
  const { status } = PROBLEMS[problem.code];
  const headers = { ...completeHeaders(problemHeaders), 'x-request-id': requestId };
  return new Response(JSON.stringify(toProblem(problem, requestId)), { status, headers });
}

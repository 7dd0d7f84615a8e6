import { randomUUID } from 'node:crypto';
import { AppError } from '../../domain/errors.ts';
import { PROBLEMS, toProblem } from '../problem.ts';
import type { RequestFacts } from '../route.ts';
import { completeHeaders, problemHeaders } from './answer.ts';

/** Answers a request that the app can't be asked, because it has no route by its form. `detail`: what was expected. */
export function malformedRequest(detail: string, facts: RequestFacts): Response {
  const requestId = randomUUID();
  const problem = new AppError('invalid-request', detail);
  facts.malformed = { requestId, problem };
  const { status } = PROBLEMS[problem.code];
  const headers = { ...completeHeaders(problemHeaders), 'x-request-id': requestId };
  return new Response(JSON.stringify(toProblem(problem, requestId)), { status, headers });
}

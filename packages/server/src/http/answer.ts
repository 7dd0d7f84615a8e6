import type { AnswerHeaders, RouteContext } from './route.ts';

/** What every answer to this request says from now on, whatever becomes of it. */
export function addHeaders(c: RouteContext, headers: AnswerHeaders): void {
  Object.assign(c.get('answerHeaders'), headers);
}

/**
 * The one way to answer: Hono's own makes a `Headers`, which node-server has to take apart again. A plain record it writes as
 * it is; that, and an answer that nobody touches once it is made, is its quick path.
 */
export const answer = (
  c: RouteContext,
  body: ConstructorParameters<typeof Response>[0],
  status: number,
  headers: AnswerHeaders,
): Response => new Response(body, { status, headers: { ...c.get('answerHeaders'), ...headers } });

export const jsonAnswer = (c: RouteContext, value: unknown, headers?: AnswerHeaders): Response =>
  jsonTextAnswer(c, JSON.stringify(value), headers);

export const jsonTextAnswer = (c: RouteContext, text: string, headers?: AnswerHeaders): Response =>
  answer(c, text, 200, { 'content-type': 'application/json', ...headers });

import type { AnswerHeaders, RouteContext } from './route.ts';

const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-site',
  'referrer-policy': 'no-referrer',
  vary: 'Origin',
} as const;

/** With what every answer says, a problem too. */
export const completeHeaders = (headers: AnswerHeaders): AnswerHeaders => ({ ...ALWAYS, ...headers });

/** What every answer to this request says from now on, whatever becomes of it. */
export function addHeaders(c: RouteContext, headers: AnswerHeaders): void {
  c.set('addedHeaders', { ...c.get('addedHeaders'), ...headers });
}

/** The one way to answer: with the headers of every answer. */
export const answer = (
  c: RouteContext,
  body: ConstructorParameters<typeof Response>[0],
  status: number,
  headers: AnswerHeaders,
): Response => answerComplete(c, body, status, completeHeaders(headers));

/** The same for headers that were made complete before, once for many answers. */
export function answerComplete(
  c: RouteContext,
  body: ConstructorParameters<typeof Response>[0],
  status: number,
  complete: AnswerHeaders,
): Response {
  const headers: AnswerHeaders = { ...complete, 'x-request-id': c.get('requestId'), ...c.get('addedHeaders') };
  return new Response(body, { status, headers });
}

/** A cache that many share would answer one user with what another asked for; one's own has to ask whether it still holds. */
export const OWN = { 'cache-control': 'private, no-cache' } as const;
/** Holds a URL that ends before long. */
export const UNCACHED = { 'cache-control': 'private, no-store' } as const;

export const jsonAnswer = (c: RouteContext, value: unknown, headers?: AnswerHeaders): Response =>
  jsonTextAnswer(c, JSON.stringify(value), headers);

export const jsonTextAnswer = (c: RouteContext, text: string, headers?: AnswerHeaders): Response =>
  answer(c, text, 200, { 'content-type': 'application/json', ...OWN, ...headers });

export const problemHeaders: AnswerHeaders = { 'content-type': 'application/problem+json', ...OWN };

export const problemTextAnswer = (c: RouteContext, text: string, status: number, headers: AnswerHeaders): Response =>
  answer(c, text, status, { ...problemHeaders, ...headers });

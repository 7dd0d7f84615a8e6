import type { AnswerHeaders, RouteContext } from '../route.ts';

const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-site',
  'referrer-policy': 'no-referrer',
  vary: 'Origin',
} as const;

/** Adds the headers of every answer, including problems. */
export const completeHeaders = (headers: AnswerHeaders): AnswerHeaders => ({ ...ALWAYS, ...headers });

/** Sets headers of every answer to this request from now on, including errors. */
export function addHeaders(c: RouteContext, headers: AnswerHeaders): void {
  c.set('addedHeaders', { ...c.get('addedHeaders'), ...headers });
}

/** Adds a header of the request to `Vary`: the answer depends on it. */
export function varyBy(c: RouteContext, name: string): void {
  const vary = c.get('addedHeaders')?.['vary'] ?? ALWAYS.vary;
  if (!vary.split(', ').includes(name)) addHeaders(c, { vary: `${vary}, ${name}` });
}

/** The one way to answer: with the headers of every answer. */
export const answer = (
  c: RouteContext,
  body: ConstructorParameters<typeof Response>[0],
  status: number,
  headers: AnswerHeaders,
): Response => answerComplete(c, body, status, completeHeaders(headers));

/** An answer whose headers were made complete before. */
export function answerComplete(
  c: RouteContext,
  body: ConstructorParameters<typeof Response>[0],
  status: number,
  complete: AnswerHeaders,
): Response {
  const headers: AnswerHeaders = { ...complete, 'x-request-id': c.get('requestId'), ...c.get('addedHeaders') };
  return new Response(body, { status, headers });
}

/** A shared cache could answer one user with another's data; a private one must revalidate. */
export const OWN = { 'cache-control': 'private, no-cache' } as const;
export const NO_STORE = { 'cache-control': 'no-store' } as const;
/** Contains a URL that expires soon. */
export const UNCACHED = { 'cache-control': 'private, no-store' } as const;

export const jsonAnswer = (c: RouteContext, value: unknown, headers?: AnswerHeaders): Response =>
  jsonTextAnswer(c, JSON.stringify(value), headers);

export const jsonTextAnswer = (c: RouteContext, text: string, headers?: AnswerHeaders): Response =>
  answer(c, text, 200, { 'content-type': 'application/json', ...OWN, ...headers });

/** A new upload or image. */
export const createdAnswer = (c: RouteContext, value: unknown, headers: AnswerHeaders): Response =>
  answer(c, JSON.stringify(value), 201, { 'content-type': 'application/json', ...OWN, ...headers });

/** Work that continues after the answer. */
export const acceptedAnswer = (c: RouteContext, value: unknown, headers: AnswerHeaders): Response =>
  answer(c, JSON.stringify(value), 202, { 'content-type': 'application/json', ...OWN, ...headers });

export const problemHeaders: AnswerHeaders = { 'content-type': 'application/problem+json', ...OWN };

export const problemTextAnswer = (c: RouteContext, text: string, status: number, headers: AnswerHeaders): Response =>
  answer(c, text, status, { ...problemHeaders, ...headers });

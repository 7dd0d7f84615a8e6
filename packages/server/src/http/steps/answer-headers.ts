import { randomUUID } from 'node:crypto';
import type { AnswerHeaders, RouteContext } from '../route.ts';

const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-site',
  'referrer-policy': 'no-referrer',
  vary: 'Origin',
} as const;

/** What every answer says, a problem too. The id is ours, never the client's: it ties an answer to its line in the log. */
export const alwaysHeaders = (requestId: string): AnswerHeaders => ({ 'x-request-id': requestId, ...ALWAYS });

export function beginAnswer(c: RouteContext): void {
  const id = randomUUID();
  c.set('requestId', id);
  c.set('answerHeaders', alwaysHeaders(id));
}

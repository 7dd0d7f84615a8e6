import { randomUUID } from 'node:crypto';
import type { Step } from './step.ts';

const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-site',
  'referrer-policy': 'no-referrer',
  vary: 'Origin',
} as const;

/** What every answer says. The id is ours, never the client's: it ties an answer to its line in the log. */
export const answerHeaders = (): Step => (c) => {
  const id = randomUUID();
  c.set('requestId', id);
  c.set('answerHeaders', { 'x-request-id': id, ...ALWAYS });
};

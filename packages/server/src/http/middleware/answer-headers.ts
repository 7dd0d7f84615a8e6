import { randomUUID } from 'node:crypto';
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from '../route.ts';

const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-site',
  'referrer-policy': 'no-referrer',
  vary: 'Origin',
} as const;

/** What every answer says. The id is ours, never the client's: it ties an answer to its line in the log. */
export const answerHeaders = () =>
  createMiddleware<AppEnv>((c, next) => {
    const id = randomUUID();
    c.set('requestId', id);
    c.set('answerHeaders', { 'x-request-id': id, ...ALWAYS });
    return next();
  });

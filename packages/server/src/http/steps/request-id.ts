import { randomUUID } from 'node:crypto';
import type { RouteContext } from '../route.ts';

/** The id is ours, never the client's: it ties an answer to its line in the log. */
export function beginAnswer(c: RouteContext): void {
  c.set('requestId', randomUUID());
}

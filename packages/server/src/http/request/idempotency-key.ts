import { invalidField } from '../../domain/errors.ts';
import type { RouteContext } from '../route.ts';
import { header } from './header.ts';

const MAX_LENGTH = 255;

/** The request's Idempotency-Key; undefined if absent. */
export function idempotencyKeyOf(c: RouteContext): string | undefined {
  const key = header(c, 'idempotency-key');
  if (key === undefined) return undefined;
  if (key.length >= 1 && key.length <= MAX_LENGTH) return key;
  throw invalidField('Idempotency-Key', `expected 1 to ${MAX_LENGTH} characters; got ${key.length}`);
}

import { invalidField } from '../../domain/errors.ts';
import { header } from '../request/header.ts';
import type { RouteContext } from '../route.ts';
import type { Step } from './step.ts';

/** Characters. An ETag, a type or a name has tens; the platform limits only the sum of all headers. */
const MAX_HEADER_LENGTH = 8_192;

/** Headers that the service parses. Others, such as cookies, aren't read. */
const READ = [
  'accept',
  'accept-encoding',
  'access-control-request-headers',
  'content-type',
  'host',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-event-id',
  'origin',
  'range',
  'user-id',
  'x-user-id',
] as const;

/** Runs before any of these headers is parsed. */
export const headerLengths = (): Step => (c) => {
  for (const name of READ) requireReadableLength(c, name);
};

/** Repeated headers, joined, count as one. Errors: `invalid-request`. */
export function requireReadableLength(c: RouteContext, name: Lowercase<string>): void {
  const value = header(c, name);
  if (value !== undefined && value.length > MAX_HEADER_LENGTH)
    throw invalidField(name, `expected at most ${MAX_HEADER_LENGTH} characters; got ${value.length}`);
}

import { invalidField } from '../../domain/errors.ts';
import { header } from '../header.ts';
import type { Step } from './step.ts';

/** Characters. An ETag, a type or a name has tens; the platform bounds all headers together only. */
const MAX_HEADER_LENGTH = 8_192;

/** Those that are read as lists or texts. Others, as a browser's cookies, nobody looks at. */
const READ = [
  'accept',
  'access-control-request-headers',
  'content-type',
  'host',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'origin',
  'range',
  'user-id',
  'x-user-id',
] as const;

/** Before anything is made of a header: several of one name, joined, are one. */
export const headerLengths = (): Step => (c) => {
  for (const name of READ) {
    const value = header(c, name);
    if (value !== undefined && value.length > MAX_HEADER_LENGTH)
      throw invalidField(name, `expected at most ${MAX_HEADER_LENGTH} characters; got ${value.length}`);
  }
};

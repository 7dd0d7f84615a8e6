import { AppError } from '../../domain/errors.ts';
import { preview } from '../../text/preview.ts';
import { hostHeader } from '../request/header.ts';
import { authorityOf, targetOf } from '../request/target.ts';
import type { Step } from './step.ts';

/**
 * `.` and `..` as a whole segment, percent-encoded or not. A URL parser resolves both, and takes a backslash as a
 * slash.
 */
const REWRITTEN_PATH = /\\|\/(?:\.|%2e){1,2}(?:\/|$)/i;
/** A fragment, which no client sends (RFC 9112 3.2), and control characters, which a URL parser drops. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const REWRITTEN_TARGET = /[#\0-\x1f\x7f]/;

/**
 * Refuses a target that a URL parser would rewrite: a proxy that filters raw paths would judge another path than the
 * router. An absolute target must have the host of the Host header.
 */
export const requestTarget = (): Step => (c) => {
  const target = targetOf(c);
  const query = target.indexOf('?');
  if (REWRITTEN_TARGET.test(target) || REWRITTEN_PATH.test(query === -1 ? target : target.slice(0, query))) {
    throw new AppError(
      'invalid-request',
      `expected a request target without #, backslashes, control characters and segments . or ..; got ${preview(target)}`,
    );
  }
  const authority = authorityOf(c);
  if (authority === undefined || authority.toLowerCase() === hostHeader(c)?.toLowerCase()) return;
  throw new AppError(
    'invalid-request',
    `expected an absolute request target with the host of the Host header; got ${preview(authority)}`,
  );
};

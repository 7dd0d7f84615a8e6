import { essence, MEDIA_TYPES } from '../../domain/image/media-type.ts';
import { adviceFor } from '../../domain/image/other-formats.ts';
import { ACCEPTED_FORMATS, type ProblemParams } from '../../domain/problem-params.ts';
import { preview } from '../../text/preview.ts';
import type { RouteContext } from '../route.ts';
import { header } from './header.ts';

/** The media type of the body, without parameters; empty if the request declares none. */
export const contentTypeOf = (c: RouteContext): string => essence(header(c, 'content-type') ?? '');

export const FORM = 'multipart/form-data';

export const isJson = (type: string): boolean => type === 'application/json' || type.endsWith('+json');

/** The limit of a declared type, whose parameters may be long. */
const LONGEST_TYPE = 100;

/** The values of that message. */
export function unsupportedParams(declared: string | undefined): ProblemParams {
  const got = essence((declared ?? '').slice(0, LONGEST_TYPE));
  return { formats: ACCEPTED_FORMATS, ...(got !== '' && { got }) };
}

/** The message for a declared type that is refused, with advice. */
export function unsupportedType(declared: string | undefined): string {
  const advice = adviceFor(essence((declared ?? '').slice(0, LONGEST_TYPE)));
  const got = declared ? preview(declared) : 'no type';
  return `expected one of ${MEDIA_TYPES.join(', ')}; got ${got}${advice === undefined ? '' : `: ${advice}`}`;
}

/** Types that say nothing about the body. */
export const UNTYPED: readonly string[] = ['', 'application/octet-stream'];

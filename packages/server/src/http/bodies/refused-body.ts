import { AppError } from '../../domain/errors.ts';
import { adviceFor } from '../../domain/image/other-formats.ts';
import { truncated } from '../../text/preview.ts';
import { contentTypeOf } from '../request/content-type.ts';
import type { RouteContext } from '../route.ts';
import { firstBytesOfBody } from './first-bytes.ts';
import { toldByBytes } from './refused-type.ts';

/** Refuses a body of a type that the route doesn't accept, with advice for the type or for its first bytes. */
export async function refuseBody(c: RouteContext, expected: string): Promise<never> {
  const type = contentTypeOf(c);
  const got = type === '' ? 'a body without a Content-Type header' : truncated(type);
  const advice = adviceFor(type);
  const detail = `expected ${expected}; got ${got}${advice === undefined ? '' : `: ${advice}`}`;
  throw toldByBytes(new AppError('unsupported-body', detail), await firstBytesOfBody(c));
}

import { AppError } from '../../domain/errors.ts';
import { adviceFor } from '../../domain/image/other-formats.ts';
import { truncated } from '../../text/preview.ts';
import { contentTypeOf } from '../request/content-type.ts';
import type { RouteContext } from '../route.ts';
import { firstBytesOfBody } from './first-bytes.ts';
import { toldByBytes, toldOtherFormat } from './refused-type.ts';

/** Refuses a body of a type that the route doesn't accept, with advice for the type or for its first bytes. */
export const refuseBody = async (c: RouteContext, expected: string): Promise<never> => {
  throw toldOtherFormat(unsupportedBody(c, expected), await firstBytesOfBody(c));
};

/** The refusal of a route that also accepts an image as its body. `head`: the first bytes. */
export const refusedBodyOrImage = (c: RouteContext, expected: string, head: Uint8Array): AppError =>
  toldByBytes(unsupportedBody(c, expected), head);

function unsupportedBody(c: RouteContext, expected: string): AppError {
  const type = contentTypeOf(c);
  const got = type === '' ? 'a body without a Content-Type header' : truncated(type);
  const advice = adviceFor(type);
  return new AppError(
    'unsupported-body',
    `expected ${expected}; got ${got}${advice === undefined ? '' : `: ${advice}`}`,
    { params: { got: type } },
  );
}

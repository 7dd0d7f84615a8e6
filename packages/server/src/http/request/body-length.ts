import type { RouteContext } from '../route.ts';
import { header } from './header.ts';

/** The declared length of the body, in bytes; 0 if there is none. */
export const declaredLength = (c: RouteContext): number => Number(header(c, 'content-length') ?? 0);

/** No body, or an empty one. */
export const hasEmptyBody = (c: RouteContext): boolean =>
  header(c, 'transfer-encoding') === undefined &&
  declaredLength(c) === 0 &&
  (c.env?.incoming !== undefined || c.req.raw.body === null);

import { viewOf } from '../../domain/access/access.ts';
import type { RouteContext } from '../route.ts';

/**
 * The longest lifetime, in seconds, of a presigned URL that a link or a view token leads to: the URL stays valid after
 * they are revoked.
 */
export const BRIEF_SECONDS = 60;

/** The longest lifetime of the caller's presigned URLs of reads; undefined: PRESIGNED_EXPIRATION. */
export const longestLife = (c: RouteContext): number | undefined =>
  viewOf(c.get('access')) === undefined ? undefined : BRIEF_SECONDS;

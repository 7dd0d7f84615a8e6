import type { ImageId } from '../../domain/image/image-id.ts';
import type { Settings } from '../../services.ts';
import type { AnswerHeaders, RouteContext } from '../route.ts';
import { addHeaders } from './answer.ts';

/** Which caches may keep an answer, and for how long. */
export interface Keeping {
  /** `private`: only the client's own cache. */
  readonly by: 'public' | 'private';
  /** Without revalidation; 0: always revalidate. */
  readonly maxAgeSeconds: number;
  /** The URL always has the same bytes. */
  readonly isImmutable?: true;
  /** `maxAgeSeconds` for shared caches, if it differs. */
  readonly sharedSeconds?: number;
  /** The remaining life of the URL; absent: it never expires. */
  readonly expiresInSeconds?: number;
}

const DAY_SECONDS = 86_400;
const YEAR_SECONDS = 31_536_000;

export const IMMUTABLE: Keeping = { by: 'private', maxAgeSeconds: YEAR_SECONDS, isImmutable: true };
/** A shared cache could answer one user with another's picture. */
export const REVALIDATED: Keeping = { by: 'private', maxAgeSeconds: 0 };
/**
 * The URL stays the same when the image becomes private: browsers ask again soon, and an operator can purge shared
 * caches.
 */
export const PUBLIC: Keeping = { by: 'public', maxAgeSeconds: 300, sharedSeconds: DAY_SECONDS };

/**
 * How long caches keep a picture with a signed URL: until the URL expires (null: never), but for a day at most, because
 * it may be revoked.
 */
export function sharedKeeping(expiresAt: Date | null, now: Date): Keeping {
  if (expiresAt === null) return { by: 'public', maxAgeSeconds: DAY_SECONDS };
  const expiresInSeconds = Math.max(0, Math.floor((expiresAt.getTime() - now.getTime()) / 1000));
  return { by: 'public', maxAgeSeconds: Math.min(expiresInSeconds, DAY_SECONDS), expiresInSeconds };
}

/** `Cache-Control`, and the image's tag, by which an operator purges a shared cache. */
export const keepingHeaders = (
  { settings }: { readonly settings: Pick<Settings, 'cacheTags'> },
  id: ImageId,
  keeping: Keeping,
): AnswerHeaders => ({
  'cache-control': cacheControlOf(keeping),
  ...(settings.cacheTags && keeping.by === 'public' && { 'cache-tag': `img-${id}` }),
});

/**
 * How long caches keep a redirect to a URL of the store: no longer than the `sameSeconds` in which this URL stays the
 * same.
 */
export const redirectKeeping = ({ by, maxAgeSeconds }: Keeping, sameSeconds: number): Keeping => ({
  by,
  maxAgeSeconds: Math.min(maxAgeSeconds, sameSeconds),
});

function cacheControlOf({ by, maxAgeSeconds, isImmutable, sharedSeconds }: Keeping): string {
  if (maxAgeSeconds === 0) return `${by}, no-cache`;
  const shared = sharedSeconds === undefined ? '' : `, s-maxage=${sharedSeconds}`;
  return `${by}, max-age=${maxAgeSeconds}${shared}${isImmutable ? ', immutable' : ''}`;
}

/** A page of any origin may show the picture. */
export const allowAnyPage = (c: RouteContext): void =>
  addHeaders(c, { 'cross-origin-resource-policy': 'cross-origin' });

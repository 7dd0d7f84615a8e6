import { isPlainOrigin } from '../request/origins.ts';
import type { AnswerHeaders } from '../route.ts';

export interface PageOrigins {
  /** Under which the browser asks for the page: it is `'self'`. */
  readonly own: string;
  /** The origin of the service, as in the URLs of its answers. */
  readonly service: string;
  /** The origin of presigned URLs. */
  readonly store: string;
  /** The origins of sign-in. */
  readonly signIn: readonly string[];
}

/**
 * The page loads its own files, and nothing of other hosts but the store's pictures; no other page frames it or holds
 * its window.
 */
export function pageHeaders({ own, service, store, signIn }: PageOrigins): AnswerHeaders {
  const others = (...origins: readonly string[]) =>
    [...new Set(origins)].filter((one) => one !== own && isPlainOrigin(one));
  const pictures = others(service, store);
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    ["img-src 'self' blob: data:", ...pictures].join(' '),
    ["connect-src 'self'", ...others(...pictures, ...signIn)].join(' '),
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types safelight default',
  ];
  return { 'content-security-policy': policy.join('; '), 'cross-origin-opener-policy': 'same-origin' };
}

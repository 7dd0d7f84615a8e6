import { ORIGIN_SECRET_HEADER, originSecretsBy } from '../../domain/access/origin-secret.ts';
import { AppError } from '../../domain/errors.ts';
import { headerValues } from '../request/header.ts';
import type { RouteContext } from '../route.ts';

/**
 * Whether the request brought one of the secrets, by their SHA-256; false if there are none to bring. Nothing repeats
 * what it brought. Errors: `origin-secret-required`.
 */
export function requireOriginSecret(hashes: readonly string[]): (c: RouteContext) => boolean {
  if (hashes.length === 0) return () => false;
  const isSecret = originSecretsBy(hashes);
  return (c) => {
    const values = headerValues(c, ORIGIN_SECRET_HEADER);
    const [first = ''] = values;
    if (values.length === 1 && isSecret(first)) return true;
    const got = values.length === 0 ? 'one around it' : 'one with another secret';
    throw new AppError('origin-secret-required', `expected a request through the CDN of this service; got ${got}`);
  };
}

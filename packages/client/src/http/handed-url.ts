import { SafelightError } from '../errors.ts';

/**
 * A URL that the service at `baseUrl` has handed out, for bytes of an image. Errors: `unexpected-answer` for another
 * scheme than http and https, for one with a user name, and for http from a service by https, which browsers refuse too
 * (mixed content).
 */
export function handedUrl(given: unknown, baseUrl: string): string {
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined;
  const schemes = baseUrl.startsWith('https:') ? ['https:'] : ['https:', 'http:'];
  if (url && schemes.includes(url.protocol) && url.username === '' && url.password === '') return given as string;
  throw new SafelightError(
    'unexpected-answer',
    `expected a URL that begins with ${schemes.join('// or ')}//; got ${String(JSON.stringify(given)).slice(0, 80)}`,
  );
}

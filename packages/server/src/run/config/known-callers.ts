import type { AuthMethod } from './access-variables.ts';
import { VARIABLES } from './variables.ts';

/** The host names that open mode accepts. */
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/** The part of a configuration that decides who can reach the service and whom it believes. */
export interface Callers {
  readonly auth: readonly AuthMethod[];
  readonly jwt: object | null;
  readonly allowOpen: boolean;
  readonly host: string;
  readonly publicUrl: string | null;
  readonly allowedHosts: readonly string[];
  readonly proxies: { readonly trusted: readonly string[]; readonly originSecrets: readonly string[] } | null;
}

/**
 * Strangers must not reach a service that believes them, nor one that answers to any name. Adds what contradicts that
 * to `problems`.
 */
export function requireKnownCallers(
  { auth, jwt, allowOpen, host, publicUrl, allowedHosts, proxies }: Callers,
  problems: { readonly name: string; readonly detail: string }[],
): void {
  const isClosed = auth.length > 0;
  const isReported = problems.some(({ name }) => name.startsWith('JWT_'));
  if (auth.includes('jwt') && jwt === null && !isReported) {
    const detail = `expected JWT_AUDIENCE and one of JWT_ISSUER, JWT_JWKS_URL, JWT_JWKS_FILE, JWT_SECRET with AUTH=${auth.join()}; got none`;
    problems.push({ name: VARIABLES.auth.name, detail });
  }
  if (isClosed && allowOpen) {
    const detail = `expected false with AUTH=${auth.join()}, since no caller may be unauthenticated; got true`;
    problems.push({ name: VARIABLES.allowOpen.name, detail });
  }
  if (!isClosed && !allowOpen && proxies !== null) {
    const detail = `expected none with AUTH=open, which refuses requests through proxies, or AUTH=api-key or jwt, or ALLOW_OPEN=true; got ${proxies.trusted.join() || 'a secret'}`;
    const { name } = proxies.trusted.length > 0 ? VARIABLES.trustedProxies : VARIABLES.originSecrets;
    problems.push({ name, detail });
  }
  if (LOOPBACK.includes(host) || allowOpen) return;
  const name = VARIABLES.host.name;
  if (!isClosed) {
    const detail = `expected 127.0.0.1, ::1 or localhost, since callers are not authenticated, or AUTH=api-key or jwt, or ALLOW_OPEN=true; got ${host}`;
    problems.push({ name, detail });
  } else if (publicUrl === null && allowedHosts.length === 0) {
    const detail = `expected 127.0.0.1, ::1 or localhost, or the name of the service in PUBLIC_URL or ALLOWED_HOSTS; got ${host} without a name`;
    problems.push({ name, detail });
  }
}

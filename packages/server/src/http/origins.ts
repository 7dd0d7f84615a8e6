/** Which web pages may talk to the service: the pages of this machine, or those listed. */
export type AllowedOrigins = 'loopback' | readonly string[];

const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** A Host header's name without its port, in lower case. */
export const hostname = (host: string): string => host.replace(/:\d*$/, '').toLowerCase();

export const isLoopbackHost = (host: string): boolean => LOOPBACK_HOSTS.includes(hostname(host));

export function isAllowedOrigin(origin: string, allowed: AllowedOrigins): boolean {
  if (allowed !== 'loopback') return allowed.includes(origin);
  const match = /^https?:\/\/([^/]+)$/.exec(origin);
  return match?.[1] !== undefined && isLoopbackHost(match[1]);
}

/** The web pages that may use the service: pages of this machine, or listed origins. */
export type AllowedOrigins = 'loopback' | readonly string[];

const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** The name in a Host header, without its port, in lower case. */
export const hostname = (host: string): string => host.replace(/:\d*$/, '').toLowerCase();

export const isLoopbackHost = (host: string): boolean => LOOPBACK_HOSTS.includes(hostname(host));

export function isAllowedOrigin(origin: string, allowed: AllowedOrigins): boolean {
  if (allowed !== 'loopback') return allowed.includes(origin);
  const match = /^https?:\/\/([^/]+)$/.exec(origin);
  return match?.[1] !== undefined && isLoopbackHost(match[1]);
}

const PLAIN_ORIGIN = /^https?:\/\/(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/;

/** Whether a Content-Security-Policy may name it: in a URL's host `*`, `;` and `,` are letters, there they aren't. */
export const isPlainOrigin = (origin: string): boolean => PLAIN_ORIGIN.test(origin);

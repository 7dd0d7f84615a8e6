const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Whether keys may be fetched from this URL: over plain http anyone on the way could replace them, except on this
 * machine.
 */
export function isTrustedUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.includes(url.hostname));
}

/** Whether an issuer's configuration may name this URL: a remote one never leads to a service of this machine. */
export const mayLeadTo = (issuer: string, url: string): boolean =>
  isTrustedUrl(url) && (!isOnThisMachine(url) || isOnThisMachine(issuer));

const isOnThisMachine = (url: string): boolean => LOOPBACK.includes(URL.parse(url)?.hostname ?? '');

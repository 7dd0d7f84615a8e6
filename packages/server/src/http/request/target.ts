import type { RouteContext } from '../route.ts';

/**
 * The raw path and query, which a URL would normalize; without scheme and authority of an absolute form (RFC 9112
 * 3.2.2).
 */
export const targetOf = (c: RouteContext): string => splitTarget(c).target;

/** The host in an absolute form; undefined for the usual form. */
export const authorityOf = (c: RouteContext): string | undefined => splitTarget(c).authority;

const ABSOLUTE_FORM = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i;

function splitTarget(c: RouteContext): { readonly target: string; readonly authority: string | undefined } {
  const sent = c.env?.incoming?.url ?? c.env?.event?.target;
  const given = sent ?? c.req.url;
  if (given.startsWith('/')) return { target: given, authority: undefined };
  const [start = '', authority = ''] = ABSOLUTE_FORM.exec(given) ?? [];
  return { target: given.slice(start.length), authority: sent === undefined ? undefined : authority };
}

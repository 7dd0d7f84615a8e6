import type { RouteContext } from './route.ts';

/** Path and query as they came, a URL normalizes them. Of an absolute form (RFC 9112 3.2.2) without scheme and authority. */
export const targetOf = (c: RouteContext): string => splitTarget(c).target;

/** What an absolute form names as the host; undefined for the usual form, which names none. */
export const authorityOf = (c: RouteContext): string | undefined => splitTarget(c).authority;

const ABSOLUTE_FORM = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i;

function splitTarget(c: RouteContext): { readonly target: string; readonly authority: string | undefined } {
  const sent = c.env?.incoming?.url ?? c.env?.event?.target;
  const given = sent ?? c.req.url;
  if (given.startsWith('/')) return { target: given, authority: undefined };
  const [start = '', authority = ''] = ABSOLUTE_FORM.exec(given) ?? [];
  return { target: given.slice(start.length), authority: sent === undefined ? undefined : authority };
}

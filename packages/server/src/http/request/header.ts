import type { RouteContext } from '../route.ts';

/**
 * The values of a request's header, by its name in lower case: one that came twice has two. Where Node serves they are
 * Node's own, since Hono's `c.req.header` makes a `Headers` first; elsewhere the platform has joined them.
 */
export function headerValues(c: RouteContext, name: Lowercase<string>): readonly string[] {
  const { incoming } = c.env ?? {};
  if (incoming) return incoming.headersDistinct[name] ?? [];
  const value = c.req.header(name);
  return value === undefined ? [] : [value];
}

/** All values of the header, joined by commas (RFC 9110 5.3); undefined where the request hasn't got it. */
export function header(c: RouteContext, name: Lowercase<string>): string | undefined {
  const values = headerValues(c, name);
  return values.length > 1 ? values.join(', ') : values[0];
}

/** What the client calls us, undefined where it doesn't; two are joined too, which makes no name. */
export const hostHeader = (c: RouteContext): string | undefined =>
  header(c, 'host') ?? (c.env?.incoming ? undefined : new URL(c.req.url).host);

/** In lower case. */
export const headerNames = (c: RouteContext): readonly string[] =>
  Object.keys(c.env?.incoming?.headersDistinct ?? c.req.header());

/** All of them, for a signature that may cover any. */
export const allHeaders = (c: RouteContext): Headers => c.req.raw.headers;

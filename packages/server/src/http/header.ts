import type { RouteContext } from './route.ts';

/**
 * A request's header by its name in lower case; several of one name are joined by commas. Node's own record of them: Hono's
 * `c.req.header` makes a `Headers` first, which costs every request a tenth of its time.
 */
export function header(c: RouteContext, name: Lowercase<string>): string | undefined {
  const { incoming } = c.env ?? {};
  if (!incoming) return c.req.header(name);
  const value = incoming.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** What the client calls us, undefined where it doesn't; two are joined too, which makes no name. Node's record has the first only. */
export function hostHeader(c: RouteContext): string | undefined {
  const { incoming } = c.env ?? {};
  if (!incoming) return c.req.header('host') ?? new URL(c.req.url).host;
  let hosts: string | undefined;
  const { rawHeaders } = incoming;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = [rawHeaders[at], rawHeaders[at + 1]];
    if (name.length === 4 && name.toLowerCase() === 'host') hosts = hosts === undefined ? value : `${hosts}, ${value}`;
  }
  return hosts;
}

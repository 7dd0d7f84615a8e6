import { createMiddleware } from 'hono/factory';
import { AppError } from '../../domain/errors.ts';
import { rememberLast } from '../../domain/remember-last.ts';
import type { AppEnv } from '../route.ts';
import { shown } from '../shown.ts';

/** What the client calls us: PUBLIC_URL, else the Host it asked. */
export const publicOrigin = (publicUrl: string | null) => {
  const originByHost = rememberLast(originOf);
  return createMiddleware<AppEnv>((c, next) => {
    c.set('publicOrigin', publicUrl ?? originByHost(c.req.header('host') ?? new URL(c.req.url).host));
    return next();
  });
};

function originOf(host: string): string {
  const url = `http://${host}`;
  if (/^[\w.:[\]-]+$/.test(host) && URL.canParse(url)) return new URL(url).origin;
  throw new AppError('misdirected-host', `expected a host name and port as Host; came ${shown(host)}`);
}

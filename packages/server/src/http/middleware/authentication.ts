import { createMiddleware } from 'hono/factory';
import type { Authenticator, HeaderValues } from '../../authenticator/authenticator.ts';
import type { AppEnv, RouteContext } from '../route.ts';

export const authentication = (authenticator: Authenticator) =>
  createMiddleware<AppEnv>(async (c, next) => {
    c.set('principal', await authenticator.authenticate(valuesIn(c)));
    return next();
  });

/** Node keeps apart what came twice, which costs more than to see that nothing came; elsewhere the platform has joined it. */
function valuesIn(c: RouteContext): HeaderValues {
  const { incoming } = c.env ?? {};
  if (!incoming) return (name) => [c.req.header(name) ?? ''];
  return (name) => (incoming.headers[name] === undefined ? [] : (incoming.headersDistinct[name] ?? []));
}

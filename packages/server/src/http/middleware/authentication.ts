import { createMiddleware } from 'hono/factory';
import type { Authenticator, HeaderValues } from '../../authenticator/authenticator.ts';
import type { AppEnv, RouteContext } from '../route.ts';

export const authentication = (authenticator: Authenticator) =>
  createMiddleware<AppEnv>(async (c, next) => {
    c.set('principal', await authenticator.authenticate(valuesIn(c)));
    return next();
  });

/** Node keeps apart what came twice; elsewhere the platform has joined it. */
const valuesIn =
  (c: RouteContext): HeaderValues =>
  (name) =>
    c.env?.incoming?.headersDistinct[name] ?? [c.req.header(name) ?? ''];

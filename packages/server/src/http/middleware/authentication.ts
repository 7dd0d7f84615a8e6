import { createMiddleware } from 'hono/factory';
import type { Authenticator } from '../../authenticator/authenticator.ts';
import type { AppEnv } from '../route.ts';

export const authentication = (authenticator: Authenticator) =>
  createMiddleware<AppEnv>(async (c, next) => {
    c.set('principal', await authenticator.authenticate(c.req.raw.headers));
    return next();
  });

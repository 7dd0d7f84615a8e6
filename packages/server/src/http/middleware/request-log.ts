import { createMiddleware } from 'hono/factory';
import type { Logger } from '../../logger.ts';
import type { AppEnv } from '../route.ts';

/** One line a request. Only the path: queries hold signatures and what people search for. */
export const requestLog = (logger: Logger) =>
  createMiddleware<AppEnv>(async (c, next) => {
    const start = performance.now();
    await next();
    const line = {
      request_id: c.get('requestId'),
      method: c.req.method,
      path: pathOf(c.req.url),
      status: c.res.status,
      ms: Math.round((performance.now() - start) * 10) / 10,
    };
    if (c.res.status >= 500) logger.error(line, 'request');
    else logger.info(line, 'request');
  });

/** Still percent-encoded: decoded, a path could hold line breaks and forge a line. */
const pathOf = (url: string): string => /^[^/]*\/\/[^/?#]*([^?#]*)/.exec(url)?.[1] ?? '';

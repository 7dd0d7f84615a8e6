import { createMiddleware } from 'hono/factory';
import { AppError } from '../../domain/errors.ts';
import type { AppEnv } from '../route.ts';

/** Where the platform takes only so much as an answer: what is longer is refused before it is read. */
export const answerLimit = (maxBytes: number) =>
  createMiddleware<AppEnv>(async (c, next) => {
    await next();
    const sizeBytes = Number(c.res.headers.get('content-length') ?? 0);
    if (c.req.method === 'HEAD' || sizeBytes <= maxBytes) return;
    await c.res.body?.cancel();
    c.res = undefined; // its headers would be those of the problem
    const detail = `expected to answer at most ${maxBytes} bytes; these are ${sizeBytes}: ask for a Range of them, or for /images/{id}/download`;
    throw new AppError('invalid-request', detail);
  });

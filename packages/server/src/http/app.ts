import { Hono } from 'hono';
import type { Authenticator } from '../authenticator/authenticator.ts';
import { AppError } from '../domain/errors.ts';
import type { Logger } from '../logger.ts';
import type { Services } from '../services.ts';
import { addHeaders, answer } from './answer.ts';
import { answerHeaders } from './middleware/answer-headers.ts';
import { answerLimit } from './middleware/answer-limit.ts';
import { authentication } from './middleware/authentication.ts';
import { bodyGates } from './middleware/body-gates.ts';
import { cors } from './middleware/cors.ts';
import { crossSiteGuard } from './middleware/cross-site-guard.ts';
import { openModeGuard } from './middleware/open-mode-guard.ts';
import type { AllowedOrigins } from './middleware/origins.ts';
import { type Pressure, pressureGuard } from './middleware/pressure-guard.ts';
import { publicOrigin } from './middleware/public-origin.ts';
import { requestLog } from './middleware/request-log.ts';
import { steps } from './middleware/steps.ts';
import { PROBLEMS, toProblem } from './problem.ts';
import type { AppEnv, Route, RouteContext } from './route.ts';
import { batchRoutes } from './routes/batches.ts';
import { docsRoutes } from './routes/docs.ts';
import { healthRoutes } from './routes/health.ts';
import { imageRoutes } from './routes/images.ts';
import { metadataRoutes } from './routes/metadata.ts';
import { type ObjectEndpoint, objectHandler } from './routes/objects.ts';
import { renderRoutes } from './routes/renders.ts';
import { renditionRoutes } from './routes/renditions.ts';
import { uploadRoutes } from './routes/uploads.ts';

export type { Pressure } from './middleware/pressure-guard.ts';
export type { ObjectEndpoint } from './routes/objects.ts';

export interface AppOptions {
  readonly services: Services;
  readonly authenticator: Authenticator;
  /** Answers `/objects`; null where the store has its own address. */
  readonly objectEndpoint: ObjectEndpoint | null;
  readonly access: AccessRules;
  readonly pressure: Pressure;
  /** Of one answer's body; undefined: any number. */
  readonly maxAnswerBytes?: number;
  readonly logger: Logger;
}

/** Who may reach the service at all (DESIGN 10). */
export interface AccessRules {
  /** What clients call the service, without a path; null: the Host they asked. */
  readonly publicUrl: string | null;
  /** Serves the caller without authentication, and not only on this machine. */
  readonly allowOpen: boolean;
  readonly corsOrigins: AllowedOrigins;
}

export const ROUTES: readonly Route[] = [
  ...healthRoutes,
  ...uploadRoutes,
  ...batchRoutes,
  ...imageRoutes,
  ...metadataRoutes,
  ...renditionRoutes,
  ...renderRoutes,
  ...docsRoutes,
];

export function createApp(options: AppOptions) {
  const { services, authenticator, objectEndpoint, access, pressure, maxAnswerBytes, logger } = options;
  const app = new Hono<AppEnv>();
  app.onError((error, c) => problemAnswer(c, error, logger));
  app.notFound((c) =>
    problemAnswer(c, new AppError('route-not-found', `expected a route; came ${c.req.path}`), logger),
  );

  app.use(requestLog(logger));
  if (maxAnswerBytes !== undefined) app.use(answerLimit(maxAnswerBytes));
  app.use(
    steps(
      answerHeaders(),
      publicOrigin(access.publicUrl),
      cors(access.corsOrigins),
      pressureGuard(pressure),
      bodyGates(),
    ),
  );

  // Before the guards: a presigned request is judged by its signature alone.
  if (objectEndpoint) app.all('/objects/*', objectHandler(services, objectEndpoint));

  const guards = [crossSiteGuard(access.corsOrigins), authentication(authenticator)];
  if (!access.allowOpen) guards.unshift(openModeGuard(access.publicUrl));
  app.use(steps(...guards));

  // Path by path: what no row of `/images/upload` takes must not be taken for an id by `/images/:id`.
  for (const path of new Set(ROUTES.map((route) => route.path))) {
    const rows = ROUTES.filter((route) => route.path === path);
    for (const { method, handle } of rows) app.on(method, path, (c) => handle(c, services));
    app.all(path, methodNotAllowed(rows));
  }
  return app;
}

const methodNotAllowed = (routes: readonly Route[]) => {
  const allowed = routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
  return (c: RouteContext): never => {
    addHeaders(c, { allow: allowed });
    throw new AppError('method-not-allowed', `expected ${allowed}; came ${c.req.method}`);
  };
};

/** What passes by itself; how long it takes nobody knows. */
const RETRIABLE: readonly number[] = [429, 503];
const RETRY_AFTER_SECONDS = 5;

const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError';

/** Nobody reads it: of a client that has gone only the log tells, by nginx's number for that. */
const CLIENT_GONE = 499;

function problemAnswer(c: RouteContext, error: unknown, logger: Logger): Response {
  if (isAbort(error) && c.req.raw.signal.aborted) return answer(c, null, CLIENT_GONE, {});
  const known =
    error instanceof AppError ? error : new AppError('internal', 'A fault of the service, logged with this request_id');
  const { status } = PROBLEMS[known.code];
  const requestId = c.get('requestId');
  if (status >= 500) logger.error({ request_id: requestId, err: error }, 'failed');
  const retryAfterSeconds = known.retryAfterSeconds ?? (RETRIABLE.includes(status) ? RETRY_AFTER_SECONDS : undefined);
  return answer(c, JSON.stringify(toProblem(known, requestId)), status, {
    'content-type': 'application/problem+json',
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
  });
}

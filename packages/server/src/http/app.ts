import { Hono } from 'hono';
import type { Authenticator } from '../callers/authenticator/authenticator.ts';
import type { SignIn } from '../callers/authenticator/sign-in.ts';
import type { RateLimiter } from '../callers/rate-limiter/rate-limiter.ts';
import { hasCredential, requireUser } from '../domain/access/access.ts';
import { AppError } from '../domain/errors.ts';
import type { ObjectEndpoint } from '../object-store/object-endpoint.ts';
import type { Logger } from '../observe/log/logger.ts';
import type { Services } from '../services.ts';
import { truncated } from '../text/preview.ts';
import { didYouMean } from '../text/similar-name.ts';
import { accessTo, type CallerChecks, readmit } from './admission/access.ts';
import { audited } from './admission/audit.ts';
import { createFailedCredentials } from './admission/failed-credentials.ts';
import { createSignedUrls } from './admission/signed-urls.ts';
import { refuseUnread, unknownNamesFor } from './admission/unread-input.ts';
import { albumLinkPageRoutes } from './album-links/album-link-page.ts';
import { albumLinkRoutes } from './album-links/album-links.ts';
import { albumRoutes } from './albums/albums.ts';
import { addHeaders } from './answers/answer.ts';
import { type AppServices, createAppServices } from './app-services.ts';
import { compatibilityRoutes } from './compatibility/compatibility.ts';
import { contributionRoutes } from './contributions/contributions.ts';
import { monthsRoutes } from './counts/months.ts';
import { tagsRoutes } from './counts/tags.ts';
import { eventRoutes } from './events/events.ts';
import { exchange } from './exchange.ts';
import { gateRoutes } from './gates/gates.ts';
import { factsRoutes } from './images/facts.ts';
import { imageBatchRoutes } from './images/image-batches.ts';
import { imageRoutes } from './images/images.ts';
import { knownRoutes } from './images/known.ts';
import { metadataRoutes } from './images/metadata.ts';
import { trashRoutes } from './images/trash.ts';
import { keyRoutes } from './keys/keys.ts';
import { callerRoutes } from './keys/whoami.ts';
import { brokenLinkPage, linkPageRoutes } from './links/link-page.ts';
import { linkRoutes } from './links/links.ts';
import { objectHandler } from './objects/objects.ts';
import { docsRoutes } from './pages/docs.ts';
import { galleryRoutes } from './pages/gallery.ts';
import { renderRoutes } from './renditions/renders.ts';
import { renditionRoutes } from './renditions/renditions.ts';
import { header } from './request/header.ts';
import type { AllowedOrigins } from './request/origins.ts';
import { routedPath } from './request/routed-path.ts';
import { namesUserInBody } from './request/user-claims.ts';
import { OBJECTS, routeFacts } from './request-done.ts';
import { requestSpan } from './request-span.ts';
import type { AppEnv, Route, RouteContext } from './route.ts';
import { LiteralFirstRouter } from './router.ts';
import { serviceRoutes } from './service/service.ts';
import { bodyPlaces } from './steps/body-places.ts';
import { cors } from './steps/cors.ts';
import { crossSiteGuard } from './steps/cross-site-guard.ts';
import { directGuard } from './steps/direct-guard.ts';
import { type ForwardingRules, forwarding } from './steps/forwarding.ts';
import { headerLengths } from './steps/header-lengths.ts';
import { hostGuard } from './steps/host-guard.ts';
import { type Pressure, pressureGuard } from './steps/pressure-guard.ts';
import { publicOrigin } from './steps/public-origin.ts';
import { requestTarget } from './steps/request-target.ts';
import { traceParentOf } from './steps/trace-parent.ts';
import { uncached } from './steps/uncached.ts';
import { uploadTokenRoutes } from './tokens/upload-tokens.ts';
import { viewTokenRoutes } from './tokens/view-tokens.ts';
import { contentRoutes } from './uploads/content.ts';
import { uploadBatchRoutes } from './uploads/upload-batches.ts';
import { uploadRoutes } from './uploads/uploads.ts';
import { usageRoutes } from './usage/usage.ts';
import { userRoutes } from './users/users.ts';
import { webhookRoutes } from './webhooks/webhooks.ts';

export { malformedRequest } from './answers/malformed-request.ts';
export { isHealthPath, READINESS_PATH } from './request/health-path.ts';
export { noFacts, pathOfTarget, requestDone } from './request-done.ts';
export type { EventOrigin, RequestFacts } from './route.ts';
export type { Pressure } from './steps/pressure-guard.ts';

export interface AppOptions {
  readonly services: Services;
  readonly authenticator: Authenticator;
  /** null: the gallery sends nobody to an issuer. */
  readonly signIn: SignIn | null;
  /** null: nothing is limited. */
  readonly rateLimiter: RateLimiter | null;
  /** Counts wrong passwords. */
  readonly guesses: RateLimiter;
  /** Answers `/objects`; null if the store has its own address. */
  readonly objectEndpoint: ObjectEndpoint | null;
  readonly access: AccessRules;
  readonly pressure: Pressure;
  /**
   * Aborts when the process stops: streamed answers end then. null: the platform sends whole answers, so none is
   * streamed.
   */
  readonly stopping: AbortSignal | null;
  /** Aborts some seconds before that: `/readyz` is 503 from then on. null: the platform decides who gets requests. */
  readonly leaving: AbortSignal | null;
  /** The limit of one answer's body; undefined: none. */
  readonly maxAnswerBytes?: number;
  readonly logger: Logger;
}

/** Who may reach the service. */
export interface AccessRules extends ForwardingRules {
  /** The public origin of the service; null: as the client addresses it. */
  readonly publicUrl: string | null;
  /** How callers prove who they are; none: not at all. */
  readonly auth: readonly string[];
  /** Serves unauthenticated callers from any machine. */
  readonly allowOpen: boolean;
  /** Other names of the service, such as `images.example.org` (any port) or `images.example.org:8443`. */
  readonly allowedHosts: readonly string[];
  readonly corsOrigins: AllowedOrigins;
}

/** All that openapi.json describes; the others are pages for people. */
export const ROUTES: readonly Route<AppServices>[] = [
  ...serviceRoutes,
  ...uploadRoutes,
  ...uploadTokenRoutes,
  ...viewTokenRoutes,
  ...uploadBatchRoutes,
  ...contentRoutes,
  ...imageBatchRoutes,
  ...imageRoutes,
  ...knownRoutes,
  ...metadataRoutes,
  ...factsRoutes,
  ...monthsRoutes,
  ...tagsRoutes,
  ...trashRoutes,
  ...renditionRoutes,
  ...renderRoutes,
  ...albumRoutes,
  ...albumLinkRoutes,
  ...contributionRoutes,
  ...linkRoutes,
  ...callerRoutes,
  ...keyRoutes,
  ...webhookRoutes,
  ...usageRoutes,
  ...userRoutes,
  ...gateRoutes,
  ...eventRoutes,
  ...compatibilityRoutes,
];

/** Routes with pages for people. */
export const pageRoutes = ({ auth }: { readonly auth: readonly string[] }): readonly Route<AppServices>[] => [
  ...docsRoutes(),
  ...galleryRoutes({ auth }),
  ...linkPageRoutes,
  ...albumLinkPageRoutes,
];

/** The templates of all paths, as openapi.json writes them. */
export const ROUTE_TEMPLATES: readonly string[] = [
  ...new Set([...ROUTES, ...pageRoutes({ auth: [] })].map(({ path }) => path)),
  '/objects/:key',
].map((path) => path.replace(/:(\w+)/g, '{$1}'));

export function createApp(options: AppOptions) {
  const { authenticator, rateLimiter, objectEndpoint, access, pressure, maxAnswerBytes, logger } = options;
  const { publicUrl, auth, allowOpen, corsOrigins } = access;
  const { blocked, clock } = options.services;
  const failures = createFailedCredentials({ limiter: rateLimiter, clock });
  const signedUrls = createSignedUrls({ services: options.services, limiter: rateLimiter });
  const checks: CallerChecks = { authenticator, blocked, clock, rateLimiter, failures, signedUrls };
  const services = createAppServices(options.services, { ...options, readmit: (c) => readmit(c, checks) });
  const routes: readonly Route<AppServices>[] = [...ROUTES, ...pageRoutes({ auth })];
  const first = [
    forwarding(access, services.observe),
    requestTarget(),
    headerLengths(),
    publicOrigin(publicUrl),
    cors(corsOrigins, services),
    pressureGuard(pressure, logger),
    bodyPlaces(services),
  ];
  const authenticates = auth.length > 0;
  const isForThisMachine = !authenticates && !allowOpen;
  const guards = [
    hostGuard(access),
    ...(isForThisMachine ? [directGuard()] : []),
    crossSiteGuard(corsOrigins, { authenticates }),
  ];
  const { observe } = services;
  const inSpan = requestSpan({ tracing: services.tracing, parentOf: traceParentOf(access) });
  const unguarded = exchange({ steps: [uncached(), ...first], maxAnswerBytes, observe, inSpan });
  const guarded = exchange({ steps: [...first, ...guards], maxAnswerBytes, observe, inSpan });
  const app = new Hono<AppEnv>({ router: new LiteralFirstRouter(), getPath: routedPath });

  // Without the guards: the signature alone decides about a presigned request, and it covers the host.
  if (objectEndpoint) app.all('/objects/*', unguarded(objectHandler(services, objectEndpoint), OBJECTS));

  // Path by path, so that `/images/:id` doesn't take unsupported requests for `/images/upload` as an id.
  for (const path of new Set(routes.map((route) => route.path))) {
    const rows = routes.filter((route) => route.path === path);
    const { refuse } = rows.find((row) => row.refuse) ?? {};
    app.all(path, guarded(byMethod(rows, services, checks), routeFacts(path, rows), refuse));
  }

  const plainPaths = routes.map(({ path }) => path).filter((path) => !path.includes(':') && path !== '/');
  app.notFound(
    guarded((c) => {
      if (c.req.path.startsWith('/s/')) return brokenLinkPage(c);
      const meant = didYouMean(c.req.path, plainPaths);
      throw new AppError('route-not-found', `expected a path that /docs lists; got ${truncated(c.req.path)}${meant}`);
    }, null),
  );
  return app;
}

/** The allowed origins have their answer by now. */
const preflightAdvice = (c: RouteContext): string =>
  c.req.method === 'OPTIONS' && header(c, 'access-control-request-method') !== undefined
    ? ', a preflight of an origin that CORS_ORIGINS does not list'
    : '';

/** The rows of one path. */
function byMethod(rows: readonly Route<AppServices>[], services: AppServices, checks: CallerChecks) {
  const byName = new Map<string, Route<AppServices>>(rows.map((row) => [row.method, row]));
  const read = byName.get('GET');
  if (read) byName.set('HEAD', read);
  const allowed = rows.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
  return async (c: RouteContext) => {
    const row = byName.get(c.req.method);
    if (!row) {
      addHeaders(c, { allow: allowed });
      throw new AppError('method-not-allowed', `expected ${allowed}; got ${c.req.method}${preflightAdvice(c)}`);
    }
    const { operation } = row;
    if (!operation) return row.handle(c, services);
    const access = await accessTo(c, checks, operation);
    if (hasCredential(access.principal)) addHeaders(c, { vary: 'Authorization, Origin' });
    c.set('access', access);
    c.set('unknownNames', unknownNamesFor(access, operation));
    return audited(c, services.observe, async () => {
      await refuseUnread(c, operation);
      if (!namesUserInBody(operation)) requireUser(access);
      return row.handle(c, services);
    });
  };
}

import { parseImageId } from '../domain/image/image-id.ts';
import type { TraceParent } from '../domain/trace-parent.ts';
import { NO_TRACING, type Tracing } from '../observer/tracing.ts';
import type { RouteContext, RouteFacts } from './route.ts';

/** Answers a request in a span of its own. */
export type RequestSpan = (
  c: RouteContext,
  route: RouteFacts | null,
  answer: () => Promise<Response>,
) => Promise<Response>;

export interface RequestSpanOptions {
  readonly tracing: Tracing;
  readonly parentOf: (c: RouteContext) => TraceParent | undefined;
}

/** The span goes on until the response has closed, where Node serves; elsewhere until there is an answer. */
export function requestSpan({ tracing, parentOf }: RequestSpanOptions): RequestSpan {
  if (tracing === NO_TRACING) return (_c, _route, answer) => answer();
  return async (c, route, answer) => {
    const method = METHODS.has(c.req.method) ? c.req.method : undefined;
    const span = tracing.begin({
      parent: parentOf(c),
      name: [method ?? 'HTTP', ...(route ? [route.template] : [])].join(' '),
      kind: 'server',
      attributes: { 'http.request.method': method ?? '_OTHER', 'http.route': route?.template },
    });
    const response = await span.run(() => {
      if (c.env?.facts) c.env.facts.traceId = tracing.traceId();
      return answer();
    });
    span.set({ 'http.response.status_code': response.status, 'safelight.image.id': imageIdOf(c) });
    if (response.status >= 500) span.failed(c.get('problem')?.code);
    const { outgoing } = c.env ?? {};
    if (outgoing && !outgoing.closed) outgoing.once('close', () => span.end());
    else span.end();
    return response;
  };
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Of the path, or made by the request. */
function imageIdOf(c: RouteContext): string | undefined {
  const concerns = c.get('concerns');
  if (concerns && 'imageId' in concerns) return concerns.imageId;
  return parseImageId(c.req.param('id') ?? '');
}

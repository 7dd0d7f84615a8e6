import type { TraceParent } from '../domain/trace-parent.ts';
import { NO_TRACING, type OpenSpan, type Tracing } from '../observe/observer/tracing.ts';
import { methodLabel } from '../observe/telemetry/metrics/catalog.ts';
import { imageIdOf } from './request-done.ts';
import type { RouteContext, RouteFacts } from './route.ts';

type Answer = () => Promise<Response>;

/** Answers a request in a span of its own. */
export type RequestSpan = (c: RouteContext, route: RouteFacts | null, answer: Answer) => Promise<Response>;

export interface RequestSpanOptions {
  readonly tracing: Tracing;
  readonly parentOf: (c: RouteContext) => TraceParent | undefined;
}

/** The span lasts until the response has closed, where Node serves; elsewhere until there is an answer. */
export function requestSpan({ tracing, parentOf }: RequestSpanOptions): RequestSpan {
  if (tracing === NO_TRACING) return (_c, _route, answer) => answer();
  return (c, route, answer) => {
    const method = methodLabel(c.req.method);
    const ofMethod = method === '_OTHER' ? 'HTTP' : method;
    const span = tracing.begin({
      parent: parentOf(c),
      name: route ? `${ofMethod} ${route.template}` : ofMethod,
      kind: 'server',
      attributes: { 'http.request.method': method, 'http.route': route?.template },
    });
    if (c.env?.facts) c.env.facts.traceId = span.traceId;
    const answered = span.run(answer);
    return span.isKept ? answered.then((response) => finish(span, response, { c, route })) : answered;
  };
}

interface Answered {
  readonly c: RouteContext;
  readonly route: RouteFacts | null;
}

function finish(span: OpenSpan, response: Response, { c, route }: Answered): Response {
  span.set({ 'http.response.status_code': response.status, 'safelight.image.id': imageIdOf(c, route) });
  if (response.status >= 500) span.failed(c.get('problem'));
  const { outgoing } = c.env ?? {};
  if (outgoing && !outgoing.closed) outgoing.once('close', () => span.end());
  else span.end();
  return response;
}

import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import { AlwaysOnSampler, RandomIdGenerator, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { spanPlaceOf, traceParent } from '../../../domain/trace-parent.ts';
import { type ContinuedSpan, NO_SPAN, type OpenSpan, type Tracing } from '../../observer/tracing.ts';
import type { IsKept } from './sampler.ts';

export interface TracingOptions {
  readonly isKept: IsKept;
  readonly resource: Resource;
  /** Gets the spans of the traces that are kept. */
  readonly processor: SpanProcessor;
  /** The version of the package. */
  readonly version: string;
}

/**
 * What work belongs to. A trace that isn't kept has an id and no spans: making them would cost more than a small
 * answer.
 */
interface Place {
  readonly traceId: string;
  readonly kept: { readonly span: Span; readonly context: Context } | undefined;
}

/** A text from outside in an attribute stays short. */
const SPAN_LIMITS = { attributeValueLengthLimit: 256 };

/** The port by OpenTelemetry, without its globals: two services in one process don't share a trace. */
export function createTracing({ isKept, resource, processor, version }: TracingOptions) {
  const random = new RandomIdGenerator();
  let beginning = ''; // the trace whose first span is being made: its id decided that it is kept
  const provider = new TracerProvider({
    resource,
    sampler: new AlwaysOnSampler(),
    idGenerator: { generateTraceId: () => beginning, generateSpanId: () => random.generateSpanId() },
    spanProcessors: [processor],
    spanLimits: SPAN_LIMITS,
  });
  const tracer = provider.getTracer('safelight', version);
  const places = new AsyncLocalStorage<Place | undefined>();

  const openedIn = (context: Context, span: Span): OpenSpan => {
    const { traceId } = span.spanContext();
    const place = { traceId, kept: { span, context: trace.setSpan(context, span) } };
    return {
      traceId,
      isKept: true,
      run: (work) => places.run(place, work),
      set: (attributes) => {
        span.setAttributes(attributes);
      },
      failed: (error) => {
        span.setAttribute('error.type', typeOf(error));
        span.setStatus({ code: SpanStatusCode.ERROR });
      },
      end: () => {
        if (span.isRecording()) span.end();
      },
    };
  };

  const notKept = (place: Place | undefined): OpenSpan => ({
    ...NO_SPAN,
    traceId: place?.traceId,
    run: (work) => places.run(place, work),
  });

  const begin = ({ parent, name, kind, attributes }: ContinuedSpan): OpenSpan => {
    // A pipelined request begins in the middle of the one before it.
    const around = kind === 'server' ? undefined : places.getStore();
    const from = parent && spanPlaceOf(parent);
    const options = { kind: KINDS[kind], attributes };
    // A job that its own request has begun: what is around it is nearer than what the record or the job says.
    if (around?.kept && around.traceId === from?.traceId) {
      const { context } = around.kept;
      return openedIn(context, tracer.startSpan(name, options, context));
    }
    const traceId = from?.traceId ?? random.generateTraceId();
    if (!isKept(traceId, from)) return notKept({ traceId, kept: undefined });
    beginning = traceId;
    const links = around?.kept ? [{ context: around.kept.span.spanContext() }] : [];
    const context = from ? trace.setSpanContext(ROOT_CONTEXT, { ...from, isRemote: true }) : ROOT_CONTEXT;
    return openedIn(context, tracer.startSpan(name, { ...options, links }, context));
  };

  const beginBelow: Tracing['beginBelow'] = (name, attributes) => {
    const around = places.getStore();
    // Its own place all the same: work that continues with it may be in the middle of a request whose trace is kept.
    if (!around?.kept) return notKept(around);
    const { context } = around.kept;
    return openedIn(context, tracer.startSpan(name, { attributes }, context));
  };

  const current: Tracing['current'] = () => {
    const kept = places.getStore()?.kept;
    return kept && traceParent(kept.span.spanContext());
  };

  const tracing: Tracing = {
    begin,
    beginBelow,
    span: (name, attributes, work) => (places.getStore()?.kept ? within(beginBelow(name, attributes), work) : work()),
    continued: (span, work) => within(begin(span), work),
    current,
    outgoing() {
      const place = places.getStore();
      if (!place || place.kept) return current();
      return traceParent({ traceId: place.traceId, spanId: random.generateSpanId(), traceFlags: 0 });
    },
  };
  return { tracing, shutdown: () => provider.shutdown() };
}

async function within<Result>(span: OpenSpan, work: () => Promise<Result>): Promise<Result> {
  try {
    return await span.run(work);
  } catch (error) {
    span.failed(error);
    throw error;
  } finally {
    span.end();
  }
}

const KINDS = { server: SpanKind.SERVER, consumer: SpanKind.CONSUMER, internal: SpanKind.INTERNAL };

/** A code or a name, never a message: messages may repeat what clients sent. */
function typeOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string')
    return error.code;
  return error instanceof Error ? error.name : '_OTHER';
}

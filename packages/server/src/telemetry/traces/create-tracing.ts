import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AppError } from '../../domain/errors.ts';
import { spanPlaceOf, type TraceParent, traceParent } from '../../domain/trace-parent.ts';
import { type ContinuedSpan, NO_SPAN, type OpenSpan, type Tracing } from '../../observer/tracing.ts';

export interface TracingOptions {
  readonly tracer: Tracer;
  readonly contexts: AsyncLocalStorageContextManager;
}

/** The port by OpenTelemetry, without its globals: two services in one process don't share a trace. */
export function createTracing({ tracer, contexts }: TracingOptions): Tracing {
  const current = (): Span | undefined => trace.getSpan(contexts.active());
  const isKept = (span: Span | undefined): span is Span => span?.isRecording() === true;

  const opened = (span: Span, context: Context): OpenSpan => {
    const within = trace.setSpan(context, span);
    return {
      run: (work) => contexts.with(within, work),
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

  const begin = ({ parent, name, kind, attributes }: ContinuedSpan): OpenSpan => {
    const around = current();
    const options = { kind: KINDS[kind], attributes };
    // A job that its own request has begun: what is around it is nearer than what the record or the job says.
    if (parent !== undefined && around?.spanContext().traceId === spanPlaceOf(parent).traceId) {
      const context = contexts.active();
      return opened(tracer.startSpan(name, options, context), context);
    }
    const links = isKept(around) ? [{ context: around.spanContext() }] : [];
    const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote(parent));
    return opened(tracer.startSpan(name, { ...options, links }, context), context);
  };

  const beginBelow: Tracing['beginBelow'] = (name, attributes) => {
    const context = contexts.active();
    // Its own context all the same: what goes on with it may be in the middle of a request whose trace is kept.
    if (!isKept(current())) return { ...NO_SPAN, run: (work) => contexts.with(context, work) };
    return opened(tracer.startSpan(name, { attributes }, context), context);
  };

  return {
    begin,
    beginBelow,
    span: (name, attributes, work) => (isKept(current()) ? within(beginBelow(name, attributes), work) : work()),
    continued: (span, work) => within(begin(span), work),
    current() {
      const span = current();
      return isKept(span) ? traceParent(span.spanContext()) : undefined;
    },
    traceId: () => current()?.spanContext().traceId,
  };
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

const remote = (parent: TraceParent) => ({ ...spanPlaceOf(parent), isRemote: true });

/** A code or a name, never a message: messages may repeat what clients sent. */
const typeOf = (error: unknown): string =>
  error instanceof AppError ? error.code : error instanceof Error ? error.name : String(error ?? '_OTHER');

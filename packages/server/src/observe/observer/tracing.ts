import type { TraceParent } from '../../domain/trace-parent.ts';

export type SpanAttributes = { readonly [name: string]: string | number | boolean | undefined };

/** Spans: which part of a request or a job took how long. Nothing of it fails or delays the work. */
export interface Tracing {
  /**
   * Runs `work` in a span below the current one; without a current one, or if its trace isn't kept, in none. Its error
   * is the span's.
   */
  span<Result>(name: string, attributes: SpanAttributes, work: () => Promise<Result>): Promise<Result>;
  /**
   * Runs `work` in a span of a trace that began elsewhere; undefined: of a new one. `kind`: what the span is to its
   * parent.
   */
  continued<Result>(span: ContinuedSpan, work: () => Promise<Result>): Promise<Result>;
  /** Begins a span that outlives a call: of the trace of `parent`; undefined: of a new one. */
  begin(span: ContinuedSpan): OpenSpan;
  /** Begins a span below the current one, as `span` does. */
  beginBelow(name: string, attributes: SpanAttributes): OpenSpan;
  /** The current span if its trace is kept: for work of this service that continues elsewhere. */
  current(): TraceParent | undefined;
  /**
   * For a request to another service: `current`, or else a parent by which that service doesn't keep the trace either.
   */
  outgoing(): TraceParent | undefined;
}

export interface ContinuedSpan {
  readonly parent: TraceParent | undefined;
  readonly name: string;
  /** `server`: of a request; `consumer`: of a message. */
  readonly kind: 'server' | 'consumer' | 'internal';
  readonly attributes: SpanAttributes;
}

export interface OpenSpan {
  /** undefined: of no trace. */
  readonly traceId: string | undefined;
  /** Otherwise nobody will see what is set. */
  readonly isKept: boolean;
  /** Runs `work` with this as the current span. */
  run<Result>(work: () => Result): Result;
  set(attributes: SpanAttributes): void;
  /** Its `code` is shown, or else its name. */
  failed(error: unknown): void;
  end(): void;
}

export const NO_SPAN: OpenSpan = {
  traceId: undefined,
  isKept: false,
  run: (work) => work(),
  set: () => undefined,
  failed: () => undefined,
  end: () => undefined,
};

/** Without telemetry nothing is measured. */
export const NO_TRACING: Tracing = {
  span: (_name, _attributes, work) => work(),
  continued: (_span, work) => work(),
  begin: () => NO_SPAN,
  beginBelow: () => NO_SPAN,
  current: () => undefined,
  outgoing: () => undefined,
};

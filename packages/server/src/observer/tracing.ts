/** A place in a trace, as W3C Trace Context writes it: `00-<trace>-<span>-<flags>`. */
export type TraceParent = string & { readonly __brand: 'TraceParent' };

export type SpanAttributes = { readonly [name: string]: string | number | boolean | undefined };

/** Spans: which part of a request or a job took how long. */
export interface Tracing {
  /** Runs `work` in a span below the current one. Its error is the span's, and reaches the caller. */
  span<Result>(name: string, attributes: SpanAttributes, work: () => Promise<Result>): Promise<Result>;
  /** Runs `work` as a part of the trace that began elsewhere; undefined: of a new one. */
  continued<Result>(
    parent: TraceParent | undefined,
    name: string,
    attributes: SpanAttributes,
    work: () => Promise<Result>,
  ): Promise<Result>;
  /** Of the current span if its trace is kept; otherwise nothing need be passed on. */
  current(): TraceParent | undefined;
}

/** Without telemetry nothing is measured. */
export const NO_TRACING: Tracing = {
  span: (_name, _attributes, work) => work(),
  continued: (_parent, _name, _attributes, work) => work(),
  current: () => undefined,
};

/** A span, as W3C Trace Context writes it: `00-<trace>-<span>-<flags>`, in lower case. */
export type TraceParent = string & { readonly __brand: 'TraceParent' };

/** Longer ones belong to later versions of the recommendation, which may append fields. */
const MAX_LENGTH = 256;

/**
 * Version, trace, span and flags. Version 00 ends here; later ones may continue after a hyphen (Trace Context 3.2.4).
 */
const FORM = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** In the form of version 00, whichever version it came in. Undefined if it is none: then a new trace begins. */
export function parseTraceParent(text: unknown): TraceParent | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return undefined;
  const [, version, trace, span, flags = '', rest] = FORM.exec(text) ?? [];
  if (version === undefined || (version === '00' && rest !== undefined)) return undefined;
  return traceParent({ traceId: `${trace}`, spanId: `${span}`, traceFlags: Number.parseInt(flags, 16) });
}

export interface SpanPlace {
  readonly traceId: string;
  readonly spanId: string;
  /** Bit 0: the trace is kept. Other bits aren't passed on. */
  readonly traceFlags: number;
}

export const traceParent = ({ traceId, spanId, traceFlags }: SpanPlace): TraceParent =>
  `00-${traceId}-${spanId}-0${traceFlags & 1}` as TraceParent;

export const spanPlaceOf = (parent: TraceParent): SpanPlace => ({
  traceId: parent.slice(3, 35),
  spanId: parent.slice(36, 52),
  traceFlags: Number.parseInt(parent.slice(53), 16),
});

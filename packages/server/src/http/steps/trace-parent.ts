import { parseTraceParent, type TraceParent } from '../../domain/trace-parent.ts';
import { headerValues } from '../request/header.ts';
import type { RouteContext } from '../route.ts';
import { type ForwardingRules, trustsPeer } from './forwarding.ts';

/**
 * The span that caused the request, by its `traceparent` header: a stranger could have all of its requests kept, or put
 * them into the trace of someone else. Undefined: of no trusted proxy, or not valid.
 */
export function traceParentOf(rules: ForwardingRules): (c: RouteContext) => TraceParent | undefined {
  const isTrusted = trustsPeer(rules);
  return (c) => {
    const [value, ...others] = headerValues(c, 'traceparent');
    const parent = others.length === 0 ? parseTraceParent(value) : undefined;
    return parent && isTrusted(c) ? parent : undefined;
  };
}

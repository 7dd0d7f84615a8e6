import { ROOT_CONTEXT } from '@opentelemetry/api';
import { SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace';
import type { SpanPlace } from '../../../domain/trace-parent.ts';
import type { TelemetryConfig } from '../telemetry-config.ts';

/**
 * Whether a trace is kept, decided where it begins or reaches this process. `parent`: a span elsewhere; undefined: the
 * trace begins here. Always the same for one trace, whose spans need not be asked about.
 */
export type IsKept = (traceId: string, parent: SpanPlace | undefined) => boolean;

/** With a `parentbased_` sampler the first service of a trace has decided. */
export function samplerOf({ sampler, samplerShare }: Pick<TelemetryConfig, 'sampler' | 'samplerShare'>): IsKept {
  const byShare = new TraceIdRatioBasedSampler(samplerShare);
  const isInShare: IsKept = (traceId) =>
    byShare.shouldSample(ROOT_CONTEXT, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED;
  switch (sampler) {
    case 'always_on':
      return () => true;
    case 'always_off':
      return () => false;
    case 'traceidratio':
      return isInShare;
    case 'parentbased_always_on':
      return (_traceId, parent) => parent === undefined || isSampled(parent);
    case 'parentbased_always_off':
      return (_traceId, parent) => parent !== undefined && isSampled(parent);
    case 'parentbased_traceidratio':
      return (traceId, parent) => (parent === undefined ? isInShare(traceId, parent) : isSampled(parent));
  }
}

const isSampled = ({ traceFlags }: SpanPlace): boolean => (traceFlags & 1) === 1;

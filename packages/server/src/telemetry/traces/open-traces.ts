import { setTimeout as delay } from 'node:timers/promises';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { Resource } from '@opentelemetry/resources';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import type { TelemetryConfig } from '../../config/telemetry/telemetry-config.ts';
import type { Tracing } from '../../observer/tracing.ts';
import { boundSpans } from './bounded-spans.ts';
import { createTracing } from './create-tracing.ts';
import { samplerOf } from './sampler.ts';

/** Disposing sends what is left, for two seconds at most. */
export interface Traces extends AsyncDisposable {
  readonly tracing: Tracing;
  /** Spans lost since the start. */
  dropped(): number;
}

export interface TracesOptions {
  readonly resource: Resource;
  /** Of the package. */
  readonly version: string;
}

/** A span has about 1 KB. The numbers are the defaults of OTEL_BSP_*. */
const QUEUE = { maxWaiting: 2_048, batch: 512, delayMs: 5_000 };
const SHUTDOWN_MS = 2_000;

/** A text from outside in an attribute stays short. */
const SPAN_LIMITS = { attributeValueLengthLimit: 256 };

/** Sends spans to the receiver of OTEL_EXPORTER_OTLP_ENDPOINT, which the exporter reads itself. */
export function openTraces(
  config: Pick<TelemetryConfig, 'sampler' | 'samplerShare'>,
  { resource, version }: TracesOptions,
): Traces {
  const spans = boundSpans({ ...QUEUE, exporter: new OTLPTraceExporter() });
  const provider = new TracerProvider({
    resource,
    sampler: samplerOf(config),
    spanProcessors: [spans.processor],
    spanLimits: SPAN_LIMITS,
  });
  const contexts = new AsyncLocalStorageContextManager();
  return {
    tracing: createTracing({ tracer: provider.getTracer('safelight', version), contexts }),
    dropped: spans.dropped,
    async [Symbol.asyncDispose]() {
      const sent = provider.shutdown().catch(() => undefined); // the receiver is away: its spans are lost
      await Promise.race([sent, delay(SHUTDOWN_MS, undefined, { ref: false })]);
      contexts.disable();
    },
  };
}

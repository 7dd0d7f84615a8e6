import { setTimeout as delay } from 'node:timers/promises';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { Resource } from '@opentelemetry/resources';
import type { Tracing } from '../../observer/tracing.ts';
import { receiverAgent } from '../receiver-agent.ts';
import type { TelemetryConfig } from '../telemetry-config.ts';
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
  /** The version of the package. */
  readonly version: string;
}

/** A span has about 1 KB. The numbers are the defaults of OTEL_BSP_*. */
const QUEUE = { maxWaiting: 2_048, batch: 512, delayMs: 5_000 };
const SHUTDOWN_MS = 2_000;

/** Sends spans to the receiver of OTEL_EXPORTER_OTLP_ENDPOINT, which the exporter reads itself. */
export function openTraces(
  config: Pick<TelemetryConfig, 'sampler' | 'samplerShare'>,
  { resource, version }: TracesOptions,
): Traces {
  const spans = boundSpans({
    ...QUEUE,
    exporter: new OTLPTraceExporter({ httpAgentOptions: receiverAgent('TRACES') }),
  });
  const isKept = samplerOf(config);
  const { tracing, shutdown } = createTracing({ isKept, resource, processor: spans.processor, version });
  return {
    tracing,
    dropped: spans.dropped,
    async [Symbol.asyncDispose]() {
      const sent = shutdown().catch(() => undefined); // the receiver is away: its spans are lost
      await Promise.race([sent, delay(SHUTDOWN_MS, undefined, { ref: false })]);
    },
  };
}

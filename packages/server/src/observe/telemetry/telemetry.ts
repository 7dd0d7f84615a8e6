import { setTimeout as delay } from 'node:timers/promises';
import type { Observer } from '../observer/observer.ts';
import { NO_TRACING, type Tracing } from '../observer/tracing.ts';
import type { LabelSets } from './metrics/label-sets.ts';
import type { WatchedProcess } from './metrics/process-gauges.ts';
import type { TelemetryConfig } from './telemetry-config.ts';

export type { WatchedProcess } from './metrics/process-gauges.ts';

/** What a process tells about itself besides its log. Disposing sends what is left, for a few seconds at most. */
export interface Telemetry extends AsyncDisposable {
  /** False: nobody hears what is counted. */
  readonly hasMetrics: boolean;
  /** Counts what happens. */
  readonly listener: Observer;
  readonly tracing: Tracing;
  /** Lets metrics show the state of a composed process too. */
  watch(process: WatchedProcess): void;
}

export interface TelemetryOptions {
  /** `serve`: METRICS_PORT is its port; `work`: WORKER_METRICS_PORT is. */
  readonly program: 'serve' | 'work';
  readonly sets: LabelSets;
  /** The version of the package. */
  readonly version: string;
  /** A sentence for the operator. */
  readonly warn: (sentence: string) => void;
  readonly shutdownMs?: number;
}

/** A shutdown isn't delayed for longer by a receiver that doesn't answer. */
const SHUTDOWN_MS = 3_000;

/** Nothing is measured, and no package of OpenTelemetry is loaded. */
const NO_TELEMETRY: Telemetry = {
  hasMetrics: false,
  listener: () => undefined,
  tracing: NO_TRACING,
  watch: () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
};

/**
 * The telemetry of a configuration; null, or no port and no receiver for this program: none. Errors: those of
 * `openMetricsPort`.
 */
export async function openTelemetry(
  config: TelemetryConfig | null,
  { program, sets, version, warn, shutdownMs = SHUTDOWN_MS }: TelemetryOptions,
): Promise<Telemetry> {
  const port = config && portOf(config, program);
  const isSent = config !== null && config.otlpEndpoint !== null;
  if (config === null || (port === null && !isSent)) return NO_TELEMETRY;

  const [{ warnOfFailures }, { processResource }, { openMetrics }, ofTraces] = await Promise.all([
    import('./diagnosis.ts'),
    import('./resource.ts'),
    import('./metrics/open-metrics.ts'),
    isSent ? import('./traces/open-traces.ts') : undefined,
  ]);
  warnOfFailures(warn, { elapsedMs: () => performance.now() });
  const resource = processResource({ version });
  const traces = ofTraces?.openTraces(config, { resource, version });
  const metrics = await openMetrics({
    resource,
    sets,
    port,
    exportMs: isSent ? config.metricExportMs : null,
    version,
    droppedSpans: () => traces?.dropped() ?? 0,
  });
  return {
    hasMetrics: true,
    listener: metrics.listener,
    tracing: traces?.tracing ?? NO_TRACING,
    watch: metrics.watch,
    async [Symbol.asyncDispose]() {
      const sent = Promise.all([traces?.[Symbol.asyncDispose](), metrics[Symbol.asyncDispose]()]);
      await Promise.race([sent, delay(shutdownMs, undefined, { ref: false })]);
    },
  };
}

function portOf({ metricsPort, workerMetricsPort, metricsHost }: TelemetryConfig, program: 'serve' | 'work') {
  const [port, variable] =
    program === 'serve' ? [metricsPort, 'METRICS_PORT' as const] : [workerMetricsPort, 'WORKER_METRICS_PORT' as const];
  return port === null ? null : { host: metricsHost, port, variable };
}

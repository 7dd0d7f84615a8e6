import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import type { Resource } from '@opentelemetry/resources';
import { type MetricProducer, PeriodicExportingMetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Observer } from '../../observer/observer.ts';
import { receiverAgent } from '../receiver-agent.ts';
import type { LabelSets } from './label-sets.ts';
import { measuresOf } from './measures.ts';
import { hrTimeOf, metricData } from './metric-data.ts';
import { type MetricsPortOptions, openMetricsPort } from './metrics-port.ts';
import { createProcessGauges, type ProcessGauges, type ProcessGaugesOptions } from './process-gauges.ts';
import { withLabels } from './resource-labels.ts';
import { createTally } from './tally.ts';

export interface MetricsOptions extends ProcessGaugesOptions {
  readonly resource: Resource;
  readonly sets: LabelSets;
  /** null: no port. */
  readonly port: Omit<MetricsPortOptions, 'text'> | null;
  /**
   * Between two reports to the receiver that OTEL_EXPORTER_OTLP_ENDPOINT names, which the exporter reads itself; null:
   * no reports.
   */
  readonly exportMs: number | null;
}

export interface Metrics extends Pick<ProcessGauges, 'watch'>, AsyncDisposable {
  readonly listener: Observer;
}

/** The packages' own limit for one report. */
const LONGEST_EXPORT_MS = 30_000;

/** Counts events, and tells the sums to whom asks, and to a receiver. Errors: those of `openMetricsPort`. */
export async function openMetrics({ resource, sets, port, exportMs, ...about }: MetricsOptions): Promise<Metrics> {
  await using stack = new AsyncDisposableStack();
  const tally = createTally(sets, { elapsedMs: () => performance.now() });
  const gauges = stack.use(createProcessGauges(about));
  const startTime = hrTimeOf(new Date());

  const collect = async (): Promise<ResourceMetrics> => {
    const read = await gauges.read();
    const metrics = metricData(tally.series(), read, { startTime, endTime: hrTimeOf(new Date()) });
    return { resource, scopeMetrics: [{ scope: { name: 'safelight', version: about.version }, metrics }] };
  };

  if (port !== null) {
    const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);
    const labelled = withLabels(resource);
    const text = async () => serializer.serialize({ ...(await collect()), resource: labelled });
    stack.use(await openMetricsPort({ ...port, text }));
  }
  if (exportMs !== null) {
    const reader = new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter({ httpAgentOptions: receiverAgent('METRICS') }),
      exportIntervalMillis: exportMs,
      exportTimeoutMillis: Math.min(exportMs, LONGEST_EXPORT_MS),
    });
    const producer: MetricProducer = { collect: async () => ({ resourceMetrics: await collect(), errors: [] }) };
    reader.setMetricProducer(producer);
    stack.defer(() => reader.shutdown().catch(() => undefined)); // the receiver is away: its last report is lost
  }

  const held = stack.move();
  return {
    listener(event) {
      for (const measure of measuresOf(event)) tally.add(measure);
    },
    watch: gauges.watch,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

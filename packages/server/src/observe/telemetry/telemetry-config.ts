export const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

export interface TelemetryConfig {
  /** null: no port. */
  readonly metricsPort: number | null;
  readonly workerMetricsPort: number | null;
  readonly metricsHost: string;
  /** The packages read it themselves; null: nothing is sent. */
  readonly otlpEndpoint: string | null;
  readonly sampler: (typeof SAMPLERS)[number];
  /** From 0 to 1. */
  readonly samplerShare: number;
  readonly metricExportMs: number;
}

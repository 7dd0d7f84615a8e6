import type { Read } from '../variable.ts';
import { type SAMPLERS, TELEMETRY_VARIABLES } from './telemetry-variables.ts';

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

/** null: nothing is measured, and no package of OpenTelemetry is loaded. */
export function readTelemetry(read: Read): TelemetryConfig | null {
  const config: TelemetryConfig = {
    metricsPort: read(TELEMETRY_VARIABLES.metricsPort),
    workerMetricsPort: read(TELEMETRY_VARIABLES.workerMetricsPort),
    metricsHost: read(TELEMETRY_VARIABLES.metricsHost),
    otlpEndpoint: read(TELEMETRY_VARIABLES.otlpEndpoint),
    sampler: read(TELEMETRY_VARIABLES.tracesSampler),
    samplerShare: read(TELEMETRY_VARIABLES.tracesSamplerArg),
    metricExportMs: read(TELEMETRY_VARIABLES.metricExportMs),
  };
  const isUsed = config.metricsPort !== null || config.workerMetricsPort !== null || config.otlpEndpoint !== null;
  return isUsed && !read(TELEMETRY_VARIABLES.telemetryIsDisabled) ? config : null;
}

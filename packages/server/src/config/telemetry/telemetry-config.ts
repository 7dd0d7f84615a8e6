import type { Read, Report } from '../variable.ts';
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
export function readTelemetry(read: Read, port: number, report: Report): TelemetryConfig | null {
  const config: TelemetryConfig = {
    metricsPort: read(TELEMETRY_VARIABLES.metricsPort),
    workerMetricsPort: read(TELEMETRY_VARIABLES.workerMetricsPort),
    metricsHost: read(TELEMETRY_VARIABLES.metricsHost),
    otlpEndpoint: read(TELEMETRY_VARIABLES.otlpEndpoint),
    sampler: read(TELEMETRY_VARIABLES.tracesSampler),
    samplerShare: read(TELEMETRY_VARIABLES.tracesSamplerArg),
    metricExportMs: read(TELEMETRY_VARIABLES.metricExportMs),
  };
  const isDisabled = read(TELEMETRY_VARIABLES.telemetryIsDisabled);
  const isUsed = config.metricsPort !== null || config.workerMetricsPort !== null || config.otlpEndpoint !== null;
  if (!isUsed || isDisabled) return null;
  if (config.metricsPort === port)
    report(TELEMETRY_VARIABLES.metricsPort.name, `expected another port than PORT, which clients reach; got ${port}`);
  return config;
}

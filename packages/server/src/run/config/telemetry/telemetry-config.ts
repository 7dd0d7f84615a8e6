import type { TelemetryConfig } from '../../../observe/telemetry/telemetry-config.ts';
import type { Read, Report } from '../variable.ts';
import { TELEMETRY_VARIABLES } from './telemetry-variables.ts';

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

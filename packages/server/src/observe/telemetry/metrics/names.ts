import type { Metric } from './catalog.ts';

/** Suffixes for UCUM's units in the catalog. `{upload}` and the like have none. */
const UNIT_SUFFIXES: Readonly<Record<string, string>> = { s: 'seconds', By: 'bytes' };

/** Prometheus allows letters, digits and `_` in names of metrics and labels. */
export const labelOf = (name: string): string => name.replace(/[^a-z0-9_]/gi, '_').replace(/_{2,}/g, '_');

/**
 * As `/metrics` shows it: @opentelemetry/exporter-prometheus adds no units. A histogram's series end in `_bucket`,
 * `_sum` and `_count`.
 */
export const nameInMetrics = ({ name, kind }: Pick<Metric, 'name' | 'kind'>): string =>
  `${labelOf(name)}${kind === 'counter' ? '_total' : ''}`;

/**
 * As the Prometheus exporter of an OpenTelemetry Collector shows it, and the OTLP receiver of Prometheus: with the
 * unit, and `ratio` for gauges without one ("OTLP Metric points to Prometheus" of OpenTelemetry's specification).
 */
export function nameInCollector({ name, kind, unit }: Pick<Metric, 'name' | 'kind' | 'unit'>): string {
  const words = labelOf(name).split('_');
  const suffix = unit === '1' && kind === 'gauge' ? 'ratio' : UNIT_SUFFIXES[unit];
  if (suffix !== undefined && !words.includes(suffix)) words.push(suffix);
  if (kind === 'counter') words.push('total');
  return words.join('_');
}

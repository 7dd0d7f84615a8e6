import { ROUTE_TEMPLATES } from '../../../src/http/app.ts';
import { METRICS, type Metric } from '../../../src/observe/telemetry/metrics/catalog.ts';
import { memberOf } from '../../../src/observe/telemetry/metrics/label-sets.ts';
import { labelOf, nameInMetrics } from '../../../src/observe/telemetry/metrics/names.ts';
import type { Sample } from '../../telemetry/prometheus-text.ts';

type IsKnown = (value: string) => boolean;

/** The labels of each metric, as `/metrics` names them, and what they may say. */
const rowsOf = (gates: readonly string[]) => {
  const labelsOf = ({ labels }: Metric): [string, IsKnown][] =>
    Object.entries(labels).map(([label, values]) => [
      labelOf(label),
      memberOf(values, { routes: ROUTE_TEMPLATES, gates }),
    ]);
  return new Map<string, ReadonlyMap<string, IsKnown>>(
    Object.values(METRICS).map((metric: Metric) => [nameInMetrics(metric), new Map(labelsOf(metric))]),
  );
};

/** The suffix of a histogram's samples. */
const PART = /_(?:bucket|sum|count)$/;
const isBound: IsKnown = (value) => value === '+Inf' || Number(value) > 0;

/** The labels that no set of the catalog has. The start of a process decides those of `target_info`. */
export function unlistedLabels(samples: readonly Sample[], gates: readonly string[]): string[] {
  const rows = rowsOf(gates);
  return samples.flatMap(({ name, labels }) => {
    const row = rows.get(name) ?? rows.get(name.replace(PART, ''));
    return Object.entries(name === 'target_info' ? {} : labels)
      .filter(([label, value]) => !(label === 'le' ? isBound : row?.get(label))?.(value))
      .map(([label, value]) => `${name}: ${label}="${value}"`);
  });
}

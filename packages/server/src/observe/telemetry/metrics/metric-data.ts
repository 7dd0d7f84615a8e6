import { type HrTime, ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import { METRICS, type Measure, type Metric, type MetricId } from './catalog.ts';
import type { Series } from './tally.ts';

/** When the process began to count, and when it was asked. */
export interface Period {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

export const hrTimeOf = (date: Date): HrTime => {
  const ms = date.getTime();
  return [Math.floor(ms / 1_000), (ms % 1_000) * 1e6];
};

/** The metrics in the form that OpenTelemetry's exporters take, in the order of the catalog. */
export function metricData(
  series: ReadonlyMap<MetricId, readonly Series[]>,
  read: readonly Measure[],
  period: Period,
): MetricData[] {
  const byId = Map.groupBy(read, ({ metric }) => metric);
  return (Object.keys(METRICS) as MetricId[]).flatMap((id) => {
    const counted = series.get(id) ?? [];
    const now = byId.get(id) ?? [];
    return counted.length + now.length > 0 ? [dataOf(METRICS[id], now.length > 0 ? now : counted, period)] : [];
  });
}

function dataOf(metric: Metric, points: readonly (Series | Measure)[], period: Period): MetricData {
  const { name, about: description, unit, kind } = metric;
  const common = {
    descriptor: { name, description, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const simple = () => points.map(({ labels, value }): DataPoint<number> => ({ ...period, attributes: labels, value }));
  switch (kind) {
    case 'gauge':
      return { ...common, dataPointType: DataPointType.GAUGE, dataPoints: simple() };
    case 'counter':
      return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: simple() };
    case 'histogram':
      return {
        ...common,
        dataPointType: DataPointType.HISTOGRAM,
        dataPoints: points.flatMap((one) => ('buckets' in one ? [histogramOf(one, metric, period)] : [])),
      };
  }
}

function histogramOf(
  { labels, value, buckets }: Series,
  { bounds = [] }: Metric,
  period: Period,
): DataPoint<Histogram> {
  const count = buckets.reduce((sum, one) => sum + one, 0);
  return {
    ...period,
    attributes: labels,
    value: { buckets: { boundaries: [...bounds], counts: [...buckets] }, sum: value, count },
  };
}

import { LANES } from '../../../domain/image/lane.ts';
import { METRICS, type Measure, type MetricId } from '../metrics/catalog.ts';

/** One metric of the catalog in CloudWatch, under the catalog's name. */
export interface EmfMetric {
  readonly metric: MetricId;
  /**
   * Its dimensions, which are labels of the catalog; a measure with another value isn't sent in this row. Empty: all
   * measures together.
   */
  readonly dimensions: { readonly [label: string]: readonly string[] };
}

/** CloudWatch bills each combination of a metric's name and values of its dimensions as a metric of its own. */
export const MAX_COMBINATIONS = 40;

/**
 * What the functions tell CloudWatch: what users feel, what the alarms need, and nothing that AWS measures anyway
 * (Lambda, the HTTP API, the table's latency, the dead letters' queue).
 */
export const EMF_METRICS: readonly EmfMetric[] = [
  { metric: 'requestDuration', dimensions: {} },
  {
    metric: 'requestDuration',
    dimensions: {
      'http.route': [
        '/uploads',
        '/images/upload',
        '/images/uploads',
        '/images/{id}/renditions/{preset}',
        '/images/{id}/render',
      ],
    },
  },
  {
    metric: 'refusals',
    dimensions: {
      code: [
        'internal',
        'unavailable',
        'decoder-failed',
        'insufficient-storage',
        'overloaded',
        'rate-limited',
        'quota-exceeded',
      ],
    },
  },
  { metric: 'uploads', dimensions: { state: METRICS.uploads.labels.state } },
  { metric: 'uploadDuration', dimensions: { phase: ['arrived-ready', 'granted-ready'] } },
  { metric: 'renditionDuration', dimensions: { source: ['made'] } },
  { metric: 'decoderDeaths', dimensions: {} },
  { metric: 'calls', dimensions: { part: ['records', 'objects', 'queue', 'gates'], outcome: ['failed'] } },
  { metric: 'jobs', dimensions: { outcome: METRICS.jobs.labels.outcome } },
  { metric: 'dueAge', dimensions: { lane: LANES } },
  { metric: 'outboxAge', dimensions: {} },
  { metric: 'faults', dimensions: {} },
];

const ROWS_OF = Map.groupBy(EMF_METRICS, ({ metric }) => metric);

/** The rows that a measure counts in. */
export const rowsOf = ({ metric, labels }: Measure): readonly EmfMetric[] =>
  (ROWS_OF.get(metric) ?? []).filter(({ dimensions }) =>
    Object.entries(dimensions).every(([label, values]) => values.includes(labels[label] ?? '')),
  );

/** How many combinations a row may have. */
export const combinationsOf = ({ dimensions }: EmfMetric): number =>
  Object.values(dimensions).reduce((product, values) => product * values.length, 1);

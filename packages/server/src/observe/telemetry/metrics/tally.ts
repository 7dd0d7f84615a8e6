import { type LabelValues, METRICS, type Measure, type Metric, type MetricId } from './catalog.ts';
import { type LabelSets, memberOf, valuesOf } from './label-sets.ts';

type Labels = Measure['labels'];

/** The values of a metric that have the same labels. */
export interface Series {
  readonly labels: Labels;
  /** The sum of a counter or a histogram, or the value of a gauge. */
  value: number;
  /** A histogram's counts by bucket, the last one above all bounds. */
  readonly buckets: number[];
  /** When a gauge was set, in milliseconds of a monotonic clock. */
  setAtMs: number;
}

/**
 * The sums of this process, until a reader asks. The SDK's own instruments sort and write the labels as JSON for each
 * value: 3 µs of a request that takes 50 (bench/findings.md). Here a value costs one look-up, because labels have few
 * values.
 */
export interface Tally {
  add(measure: Measure): void;
  /** By metric, for those with values. Gauges of the whole service that nobody has measured lately are left out. */
  series(): ReadonlyMap<MetricId, readonly Series[]>;
}

/** The SDK's default. More combinations than that become one, which a reader sees by its label. */
const MAX_SERIES = 2_000;
const OVERFLOW = { 'otel.metric.overflow': 'true' };

/** A counter with few combinations starts at 0, so that `increase()` sees the first occurrence. */
const MAX_ZEROS = 32;

/** The sweeper measures once a minute; another process may do it by now. */
const MEASURED_MS = 180_000;

const IDS = Object.keys(METRICS) as MetricId[];

export function createTally(sets: LabelSets, { elapsedMs }: { readonly elapsedMs: () => number }): Tally {
  const all = new Map(IDS.map((id) => [id, createRow(METRICS[id], sets)]));
  return {
    add({ metric, value, labels }) {
      const row = all.get(metric);
      if (!row) return;
      const one = row.seriesOf(labels);
      if (row.kind === 'gauge') {
        one.value = value;
        one.setAtMs = elapsedMs();
        return;
      }
      one.value += value;
      if (row.kind === 'histogram') countIn(one.buckets, row.bounds, value);
    },

    series() {
      const lately = elapsedMs() - MEASURED_MS;
      const found = new Map<MetricId, readonly Series[]>();
      for (const [id, row] of all) {
        const series = row.all.filter(({ setAtMs }) => row.kind !== 'gauge' || setAtMs > lately);
        if (series.length > 0) found.set(id, series);
      }
      return found;
    },
  };
}

/** A bound belongs to its bucket, as in OpenTelemetry and Prometheus. */
function countIn(buckets: number[], bounds: readonly number[], value: number): void {
  let index = 0;
  while (index < bounds.length && value > (bounds[index] ?? 0)) index += 1;
  buckets[index] = (buckets[index] ?? 0) + 1;
}

/** A label's value, with the series of the labels after it. The last one has a series itself. */
interface Branch {
  readonly next: Map<string | undefined, Branch>;
  series: Series | undefined;
}

const createBranch = (): Branch => ({ next: new Map(), series: undefined });

/**
 * The series of one metric. Values are looked up label by label: a text of all labels would be hashed anew for each
 * request.
 */
function createRow({ kind, labels, bounds = [] }: Metric, sets: LabelSets) {
  const names = Object.keys(labels);
  const members = new Map(Object.entries(labels).map(([name, values]) => [name, memberOf(values, sets)]));
  const root = createBranch();
  const all: Series[] = [];
  let overflow: Series | undefined;

  const open = (own: Labels): Series => {
    const buckets = kind === 'histogram' ? Array<number>(bounds.length + 1).fill(0) : [];
    const series = { labels: own, value: 0, buckets, setAtMs: Number.NEGATIVE_INFINITY };
    all.push(series);
    return series;
  };
  const found = (given: Labels): Series | undefined => {
    let at: Branch | undefined = root;
    for (const name of names) {
      at = at.next.get(given[name]);
      if (at === undefined) return undefined;
    }
    return at.series;
  };
  const added = (own: Labels): Series => {
    if (all.length >= MAX_SERIES) {
      overflow ??= open(OVERFLOW);
      return overflow;
    }
    let at = root;
    for (const name of names) {
      const next = at.next.get(own[name]) ?? createBranch();
      at.next.set(own[name], next);
      at = next;
    }
    at.series = open(own);
    return at.series;
  };

  /** A value outside its set is left out: it may be a client's. */
  const known = (given: Labels): Labels =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value = given[name];
        return value !== undefined && members.get(name)?.(value) ? [[name, value]] : [];
      }),
    );
  const ofKnown = (own: Labels): Series => found(own) ?? added(own);

  if (kind === 'counter') for (const own of combinations(labels, sets)) added(own);
  return { kind, bounds, all, seriesOf: (given: Labels): Series => found(given) ?? ofKnown(known(given)) };
}

/** All combinations of listed values; none if they are many, or one label has values that aren't listed. */
function combinations(labels: { readonly [label: string]: LabelValues }, sets: LabelSets): readonly Labels[] {
  let found: Labels[] = [{}];
  for (const [name, values] of Object.entries(labels)) {
    const listed = valuesOf(values, sets);
    if (listed instanceof RegExp || found.length * listed.length > MAX_ZEROS) return [];
    found = found.flatMap((one) => listed.map((value) => ({ ...one, [name]: value })));
  }
  return found;
}

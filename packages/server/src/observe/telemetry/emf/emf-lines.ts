import { METRICS, type Metric, type MetricId } from '../metrics/catalog.ts';

/** One combination of a metric and its dimensions, with what was measured since the last line. */
export interface Series {
  readonly metric: MetricId;
  readonly dimensions: Readonly<Record<string, string>>;
  /** How often each value came; of a counter or a gauge one value, once. */
  readonly values: ReadonlyMap<number, number>;
}

/** CloudWatch's limits ("Embedded metric format specification"). */
const MAX_VALUES = 100;
const MAX_METRICS = 100;

const UNITS: Readonly<Record<string, string>> = { s: 'Seconds', By: 'Bytes' };

type Value = number | { readonly Values: readonly number[]; readonly Counts: readonly number[] };

/** A line has one value for each name: another for the same metric or dimension needs another line. */
interface Line {
  readonly metrics: Map<MetricId, { readonly value: Value; readonly sets: string[][] }>;
  readonly dimensions: Map<string, string>;
}

/** Lines of the Embedded Metric Format, as few as possible. */
export function emfLines(all: readonly Series[], about: { readonly namespace: string; readonly now: Date }): string[] {
  const lines: Line[] = [];
  const lineFor = (series: Series, value: Value): Line => {
    const there = lines.find((line) => fits(line, series, value));
    if (there) return there;
    const line: Line = { metrics: new Map(), dimensions: new Map() };
    lines.push(line);
    return line;
  };
  for (const series of all) for (const value of valuesOf(series)) place(lineFor(series, value), series, value);
  return lines.map((line) => textOf(line, about));
}

/** One value alone needs no array: a line for each request is paid for by its bytes. */
function valuesOf({ values }: Series): Value[] {
  const entries = [...values];
  const [first] = entries;
  if (first !== undefined && entries.length === 1 && first[1] === 1) return [first[0]];
  const parts = Math.ceil(entries.length / MAX_VALUES);
  return Array.from({ length: parts }, (_, part) => {
    const some = entries.slice(part * MAX_VALUES, (part + 1) * MAX_VALUES);
    return { Values: some.map(([value]) => value), Counts: some.map(([, count]) => count) };
  });
}

/**
 * A metric of the same value may stand there with other dimensions: the requests of one route are all requests of an
 * invocation.
 */
function fits({ metrics, dimensions }: Line, series: Series, value: Value): boolean {
  const there = metrics.get(series.metric);
  if (there ? JSON.stringify(there.value) !== JSON.stringify(value) : metrics.size === MAX_METRICS) return false;
  const names = Object.keys(series.dimensions);
  if (there?.sets.some((set) => set.join() === names.join())) return false;
  return names.every((name) => (dimensions.get(name) ?? series.dimensions[name]) === series.dimensions[name]);
}

function place({ metrics, dimensions }: Line, series: Series, value: Value): void {
  const set = Object.keys(series.dimensions);
  const there = metrics.get(series.metric);
  if (there) there.sets.push(set);
  else metrics.set(series.metric, { value, sets: [set] });
  for (const [name, of] of Object.entries(series.dimensions)) dimensions.set(name, of);
}

function textOf({ metrics, dimensions }: Line, { namespace, now }: { namespace: string; now: Date }): string {
  const bySets = Map.groupBy(metrics, ([, { sets }]) => JSON.stringify(sets));
  const directives = [...bySets].map(([sets, some]) => ({
    Namespace: namespace,
    Dimensions: JSON.parse(sets) as string[][],
    Metrics: some.map(([id]) => definitionOf(METRICS[id])),
  }));
  return JSON.stringify({
    _aws: { Timestamp: now.getTime(), CloudWatchMetrics: directives },
    ...Object.fromEntries(dimensions),
    ...Object.fromEntries([...metrics].map(([id, { value }]) => [METRICS[id].name, value])),
  });
}

const definitionOf = ({ name, unit }: Metric) => ({ Name: name, Unit: UNITS[unit] ?? 'Count' });

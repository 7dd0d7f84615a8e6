import * as z from 'zod';

const name = z.string().min(1).max(1_024);
const UNITS = ['Seconds', 'Bytes', 'Count'] as const;

/** The schema of the "Embedded metric format specification", with its limits, closed to what it doesn't have. */
const metadata = z.strictObject({
  Timestamp: z.int().positive(),
  CloudWatchMetrics: z
    .array(
      z.strictObject({
        Namespace: name,
        Dimensions: z.array(z.array(z.string().min(1).max(250)).max(30)).min(1),
        Metrics: z
          .array(z.strictObject({ Name: name, Unit: z.enum(UNITS) }))
          .min(1)
          .max(100),
      }),
    )
    .min(1),
});
const amount = z.number().nonnegative();
const spread = z
  .strictObject({
    Values: z.array(amount).min(1).max(100),
    Counts: z.array(z.int().positive()).min(1).max(100),
  })
  .refine(({ Values, Counts }) => Values.length === Counts.length && new Set(Values).size === Values.length);

const line = z.looseObject({ _aws: metadata });

/** What CloudWatch makes of a line: a sum and a count for each combination of name and dimensions. */
export interface Datum {
  /** The name and the dimensions, as `safelight.uploads{state=ready}`. */
  readonly combination: string;
  readonly sum: number;
  readonly count: number;
}

/**
 * Errors: for a line that isn't of the format, that has members which nothing refers to, or the same combination twice.
 */
export function dataOf(text: string): Datum[] {
  const { _aws, ...members } = line.parse(JSON.parse(text));
  const used = new Set<string>();
  const data = _aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name }) => {
      const value = z.union([amount, spread]).parse(members[Name]);
      used.add(Name);
      const [values, counts] = typeof value === 'number' ? [[value], [1]] : [value.Values, value.Counts];
      const count = counts.reduce((sum, one) => sum + one, 0);
      const sum = values.reduce((all, one, index) => all + one * (counts[index] ?? 0), 0);
      return Dimensions.map((set) => {
        const labels = set.map((label) => {
          used.add(label);
          return `${label}=${z.string().min(1).max(1_024).parse(members[label])}`;
        });
        return { combination: `${Name}{${labels.join()}}`, sum, count };
      });
    }),
  );
  const unused = Object.keys(members).filter((member) => !used.has(member));
  if (unused.length > 0) throw new Error(`expected dimensions and metrics alone; got ${unused.join()}`);
  const combinations = new Set(data.map(({ combination }) => combination));
  if (combinations.size < data.length) throw new Error(`expected each combination once a line; got ${text}`);
  return data;
}

/** The lines of metrics in the output of a function. */
export const emfLinesIn = (output: string): string[] =>
  output.split('\n').filter((text) => text.startsWith('{"_aws":'));

/** The sums and counts of many lines. */
export function totalsOf(lines: readonly string[]): ReadonlyMap<string, { sum: number; count: number }> {
  const totals = new Map<string, { sum: number; count: number }>();
  for (const { combination, sum, count } of lines.flatMap(dataOf)) {
    const before = totals.get(combination) ?? { sum: 0, count: 0 };
    totals.set(combination, { sum: before.sum + sum, count: before.count + count });
  }
  return totals;
}

import type { OperationId } from '../../packages/server/src/domain/access/policy.ts';
import { ROUTES } from '../../packages/server/src/http/app.ts';
import { METRICS, type Metric, type MetricId } from '../../packages/server/src/telemetry/metrics/catalog.ts';
import { labelOf, nameInMetrics } from '../../packages/server/src/telemetry/metrics/names.ts';

type OfKind<Kind extends Metric['kind']> = {
  [Id in MetricId]: (typeof METRICS)[Id]['kind'] extends Kind ? Id : never;
}[MetricId];

type Label<Id extends MetricId> = keyof (typeof METRICS)[Id]['labels'] & string;

/** A label with a list in the catalog has one of its values. */
type Value<
  Id extends MetricId,
  Name extends Label<Id>,
> = (typeof METRICS)[Id]['labels'][Name] extends readonly (infer One)[] ? One : string;

/** One value, or several alternatives, which are regular expressions. */
type Selected<Id extends MetricId> = {
  readonly [Name in Label<Id>]?: Value<Id, Name> | readonly Value<Id, Name>[];
};

interface Choice<Id extends MetricId> {
  readonly of?: Selected<Id>;
  readonly by?: readonly Label<Id>[];
}

/** Queries of PromQL by the catalog's names: a metric, label or value that was renamed there doesn't compile here. */
export interface Queries {
  /** The series of a metric themselves. */
  series<Id extends OfKind<'gauge'>>(id: Id, of?: Selected<Id>): string;
  /** How many a second. */
  rate<Id extends OfKind<'counter' | 'histogram'>>(id: Id, choice?: Choice<Id>): string;
  /** How many in the window. */
  increase<Id extends OfKind<'counter' | 'histogram'>>(id: Id, choice?: Choice<Id>): string;
  /** Whether there were any in the window, also where a process was first read with them. */
  any<Id extends OfKind<'counter'>>(id: Id, choice?: Choice<Id>): string;
  /** How often a counter of an instance began anew in the window. */
  resets<Id extends OfKind<'counter'>>(id: Id): string;
  /** The value of a histogram that this share is below. */
  quantile<Id extends OfKind<'histogram'>>(share: number, id: Id, choice?: Choice<Id>): string;
  /** The sum of a histogram's values a second: bytes a second, or seconds of work a second. */
  amount<Id extends OfKind<'histogram'>>(id: Id, choice?: Choice<Id>): string;
}

/** Of jobs of Prometheus that scrape this service: these have it in their names. */
export const OUR_JOBS = '.*safelight.*';

/**
 * `window`: of rates, as Prometheus writes it. `everywhere`: a matcher of every series, because other programs have metrics of the same
 * names by OpenTelemetry, and another environment has all of them.
 */
export function queries({ window, everywhere }: { window: string; everywhere: string }): Queries {
  const matched = <Id extends MetricId>(id: Id, suffix: string, of: Selected<Id> = {}): string => {
    const matchers = Object.entries<unknown>(of).map(([label, value]) =>
      Array.isArray(value) ? `${labelOf(label)}=~"${value.join('|')}"` : `${labelOf(label)}="${String(value)}"`,
    );
    return `${nameInMetrics(METRICS[id])}${suffix}{${[...matchers, everywhere].join(', ')}}`;
  };
  const counts = (id: MetricId): string => (METRICS[id].kind === 'histogram' ? '_count' : '');
  const sum = (by: readonly string[] = []): string =>
    by.length > 0 ? `sum by (${by.map(labelOf).join(', ')})` : 'sum';
  return {
    series: (id, of) => matched(id, '', of),
    rate: (id, { of, by } = {}) => `${sum(by)} (rate(${matched(id, counts(id), of)}[${window}]))`,
    increase: (id, { of, by } = {}) => `${sum(by)} (increase(${matched(id, counts(id), of)}[${window}]))`,
    any: (id, { of, by } = {}) => {
      const series = matched(id, '', of);
      const first = `${sum(by)} (${series} unless ${series} offset ${window})`;
      return `(${sum(by)} (increase(${series}[${window}])) > 0 or ${first} > 0)`;
    },
    resets: (id) => `max by (instance) (resets(${matched(id, '')}[${window}]))`,
    quantile: (share, id, { of, by = [] } = {}) =>
      `histogram_quantile(${share}, ${sum(['le', ...by])} (rate(${matched(id, '_bucket', of)}[${window}])))`,
    amount: (id, { of, by } = {}) => `${sum(by)} (rate(${matched(id, '_sum', of)}[${window}]))`,
  };
}

/** The templates of the routes of these operations, as the label `http.route` has them. */
export const routesOf = (...operations: readonly OperationId[]): readonly string[] =>
  operations.map((id) => {
    const route = ROUTES.find(({ operation }) => operation?.id === id);
    if (route === undefined) throw new Error(`expected a route of the operation ${id}; there is none`);
    return route.path.replace(/:(\w+)/g, '{$1}');
  });

import type { OperationId } from '../../packages/server/src/domain/access/policy.ts';
import { ROUTES } from '../../packages/server/src/http/app.ts';
import { METRICS, type Metric, type MetricId } from '../../packages/server/src/observe/telemetry/metrics/catalog.ts';
import { labelOf, nameInMetrics } from '../../packages/server/src/observe/telemetry/metrics/names.ts';

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

export interface Choice<Id extends MetricId> {
  readonly of?: Selected<Id> | undefined;
  /** Series that have one of these values don't count. */
  readonly not?: Selected<Id> | undefined;
  readonly by?: readonly Label<Id>[];
}

/** Queries of PromQL by the catalog's names: a metric, label or value that was renamed there doesn't compile here. */
export interface Queries {
  /** The series of a metric themselves. */
  series<Id extends OfKind<'gauge'>>(id: Id, of?: Selected<Id>): string;
  /** The last value within the window, also of a process that has ended. */
  lately<Id extends OfKind<'gauge'>>(id: Id, of?: Selected<Id>): string;
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

/** The jobs of Prometheus that scrape this service: these have it in their names. */
export const OUR_JOBS = '.*safelight.*';

/**
 * `window`: of rates, as Prometheus writes it. `everywhere`: a matcher of every series, because other programs have
 * metrics of the same names by OpenTelemetry, and another environment has all of them.
 */
export function queries({ window, everywhere }: { window: string; everywhere: string }): Queries {
  const matchers = (
    selected: Readonly<Record<string, unknown>>,
    [is, isOneOf]: readonly [string, string],
  ): readonly string[] =>
    Object.entries(selected).map(([label, value]) =>
      Array.isArray(value)
        ? `${labelOf(label)}${isOneOf}"${value.join('|')}"`
        : `${labelOf(label)}${is}"${String(value)}"`,
    );
  const matched = <Id extends MetricId>(id: Id, suffix: string, { of = {}, not = {} }: Choice<Id> = {}): string => {
    const all = [...matchers(of, ['=', '=~']), ...matchers(not, ['!=', '!~']), everywhere];
    return `${nameInMetrics(METRICS[id])}${suffix}{${all.join(', ')}}`;
  };
  const counts = (id: MetricId): string => (METRICS[id].kind === 'histogram' ? '_count' : '');
  const sum = (by: readonly string[] = []): string =>
    by.length > 0 ? `sum by (${by.map(labelOf).join(', ')})` : 'sum';
  return {
    series: (id, of) => matched(id, '', { of }),
    rate: (id, choice = {}) => `${sum(choice.by)} (rate(${matched(id, counts(id), choice)}[${window}]))`,
    increase: (id, choice = {}) => `${sum(choice.by)} (increase(${matched(id, counts(id), choice)}[${window}]))`,
    any: (id, choice = {}) => {
      const series = matched(id, '', choice);
      const first = `${sum(choice.by)} (${series} unless ${series} offset ${window})`;
      return `(${sum(choice.by)} (increase(${series}[${window}])) > 0 or ${first} > 0)`;
    },
    resets: (id) => `max by (instance) (resets(${matched(id, '')}[${window}]))`,
    quantile: (share, id, choice = {}) =>
      `histogram_quantile(${share}, ${sum(['le', ...(choice.by ?? [])])} (rate(${matched(id, '_bucket', choice)}[${window}])))`,
    amount: (id, choice = {}) => `${sum(choice.by)} (rate(${matched(id, '_sum', choice)}[${window}]))`,
    lately: (id, of) => `last_over_time(${matched(id, '', { of })}[${window}])`,
  };
}

/** The templates of the routes of these operations, as the label `http.route` has them. */
export const routesOf = (...operations: readonly OperationId[]): readonly string[] =>
  operations.map((id) => {
    const route = ROUTES.find(({ operation }) => operation?.id === id);
    if (route === undefined) throw new Error(`expected a route of the operation ${id}; there is none`);
    return route.path.replace(/:(\w+)/g, '{$1}');
  });

/** The requests of some methods, a regular expression, and routes. */
interface RequestGroup {
  readonly methods: string;
  readonly routes: readonly string[];
}

/**
 * The sum of `vector`, which is by method and route, by the label `requests`: its group, of several the last, or else
 * `records`.
 */
export function inGroups(groups: Readonly<Record<string, RequestGroup>>, vector: string): string {
  const request = `label_join(${vector}, "request", " ", "http_request_method", "http_route")`;
  const grouped = Object.entries(groups).reduce((inner, [name, { methods, routes }]) => {
    const paths = [...new Set(routes)].map((route) => route.replace(/[{}]/g, '\\\\$&')).join('|');
    return `label_replace(${inner}, "requests", "${name}", "request", "(?:${methods}) (?:${paths})")`;
  }, `label_replace(${request}, "requests", "records", "", "")`);
  return `sum by (requests) (${grouped})`;
}

import { CALLS } from '../../observer/calls.ts';
import { CODES, type LabelValues } from './catalog.ts';

/** Values of labels that the code alone doesn't tell. */
export interface LabelSets {
  /** The templates of all routes. */
  readonly routes: readonly string[];
  /** The names of the configured gates. */
  readonly gates: readonly string[];
}

/** Sets of the code that nothing lists, by the form of their values. */
const FORMS = {
  statuses: /^[1-5]\d\d$/,
  version: /^\d+\.\d+\.\d+[\w.+-]{0,30}$/,
} as const;

/** The values, or their form. */
export function valuesOf(values: LabelValues, { routes, gates }: LabelSets): readonly string[] | RegExp {
  if (typeof values !== 'string') return values;
  switch (values) {
    case 'routes':
      return routes;
    case 'gates':
      return gates;
    case 'codes':
      return CODES;
    case 'calls':
      return Object.values(CALLS).flat();
    default:
      return FORMS[values];
  }
}

/** Tells whether a value belongs to `values`. */
export function memberOf(values: LabelValues, sets: LabelSets): (value: string) => boolean {
  const known = valuesOf(values, sets);
  if (known instanceof RegExp) return (value) => known.test(value);
  const all = new Set(known);
  return (value) => all.has(value);
}

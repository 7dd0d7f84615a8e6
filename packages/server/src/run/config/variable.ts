import type { VariableGroup } from './variable-groups.ts';

/** One variable of the environment. */
export interface Variable<Value> {
  readonly name: string;
  readonly group: VariableGroup;
  /** Alternative names; the first one that is set counts. */
  readonly aliases?: readonly string[];
  /** As in the docs; '' if there is none. */
  readonly default: string;
  readonly about: string;
  readonly isSecret?: true;
  /** What a variable that is set but empty lacks. Absent: it counts as unset. */
  readonly emptyLacks?: string;
  /** Throws a sentence about the expected value. */
  readonly parse: (given: string) => Value;
}

/** Reads one variable, and records a problem if its value is invalid. */
export type Read = <Value>(variable: Variable<Value>) => Value;

/** One invalid variable: its name, the given value, the expected one. */
export interface ConfigProblem {
  readonly name: string;
  readonly detail: string;
}

/** Records a problem of one variable. */
export type Report = (name: string, detail: string) => void;

export const variable = <Value>(definition: Variable<Value>): Variable<Value> => definition;

export class Expected extends Error {
  /** In words, instead of the value, which may be secret. */
  readonly got: string | undefined;
  constructor(what: string, got?: string) {
    super(what);
    this.got = got;
  }
}
export const expected = (what: string, got?: string): never => {
  throw new Expected(what, got);
};

export const integer = (min: number, max: number) => (given: string) => {
  const value = Number(given);
  return /^\d+$/.test(given) && value >= min && value <= max ? value : expected(`a whole number from ${min} to ${max}`);
};

const UNITS: Readonly<Record<string, number>> = { K: 1_024, M: 1_048_576, G: 1_073_741_824 };

/** As `integer`. The error of an amount with a unit, as 50MB, names its bytes. */
export const bytes = (min: number, max: number) => (given: string) => {
  const [, amount, unit = ''] = /^(\d{1,9})\s*([KMG])i?B?$/i.exec(given) ?? [];
  if (amount === undefined) return integer(min, max)(given);
  const meant = Number(amount) * (UNITS[unit.toUpperCase()] ?? 1);
  return expected(`a whole number from ${min} to ${max}, such as ${meant}`);
};

export const flag = (given: string): boolean =>
  given === 'true' ? true : given === 'false' || given === '' ? false : expected('true or false');

export const oneOf =
  <Value extends string>(...values: readonly Value[]) =>
  (given: string): Value =>
    values.find((value) => value === given) ?? expected(`one of ${values.join(', ')}`);

/** Scheme, host and port, as browsers write an origin; undefined if `given` is anything else. */
export const originOf = (given: string): string | undefined =>
  /^https?:\/\/[^/?#@*\\\s]+\/?$/i.test(given) && URL.canParse(given) ? new URL(given).origin : undefined;

const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
const MAX_NAME_LENGTH = 253;

/**
 * A host name or address, with or without a port, as browsers write it in a Host header: lower case, international
 * names as `xn--`, no octal or decimal address; undefined if `given` is invalid.
 */
export function hostOf(given: string): string | undefined {
  const [, name = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(given.toLowerCase()) ?? [];
  if (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65_535)) return undefined;
  const hostname = URL.canParse(`http://${name}`) ? new URL(`http://${name}`).hostname : '';
  const isIpv6 = name.startsWith('[') && hostname.startsWith('[');
  const isName = name.length <= MAX_NAME_LENGTH && NAME.test(name) && hostname === name;
  if (!isIpv6 && !isName) return undefined;
  return port === undefined ? hostname : `${hostname}:${Number(port)}`;
}

/** An origin, or null. */
export const optionalOrigin =
  (example: string) =>
  (given: string): string | null =>
    given === '' ? null : (originOf(given) ?? expected(`an http or https URL without a path, as ${example}`));

/** Any text, or null. */
export const optionalText = (given: string): string | null => (given === '' ? null : given);

/** true, false, or null. */
export const optionalFlag = (given: string): boolean | null => (given === '' ? null : flag(given));

export const MEGABYTE = 1_048_576;

export const optionalAmount = (given: string): number | null =>
  given === '' ? null : integer(0, Number.MAX_SAFE_INTEGER)(given);

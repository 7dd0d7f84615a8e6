import type { ConfigProblem, Variable } from './variable.ts';

/** Stands in the files of deploy/env/ for every value that only the operator knows. */
const PLACEHOLDER = 'CHANGE_ME';

type Environment = { readonly [name: string]: string | undefined };
type Named = Pick<Variable<unknown>, 'name' | 'aliases'>;

/** A problem for each of these variables that still has its placeholder, also as a part of its value. */
export const placeholdersIn = (environment: Environment, variables: readonly Named[]): ConfigProblem[] =>
  variables
    .flatMap(({ name, aliases = [] }) => [name, ...aliases])
    .filter((name) => environment[name]?.includes(PLACEHOLDER))
    .map((name) => ({ name, detail: `expected a value of your own; got the placeholder ${PLACEHOLDER}` }));

import { wrap } from '../../text/wrap.ts';
import type { Variable } from './variable.ts';
import { VARIABLE_GROUPS, type VariableGroup } from './variable-groups.ts';
import { VARIABLES } from './variables.ts';

/** A variable, as programs and documents describe it. */
export type DescribedVariable = Omit<Variable<unknown>, 'parse'>;

/** A group with its variables. */
export interface DescribedGroup {
  readonly title: string;
  readonly about: string;
  readonly variables: readonly DescribedVariable[];
}

const all: readonly DescribedVariable[] = Object.values(VARIABLES);

/** Every group in order, with its variables in the order of `VARIABLES`. */
export const DESCRIBED_GROUPS: readonly DescribedGroup[] = (Object.keys(VARIABLE_GROUPS) as VariableGroup[]).map(
  (group) => ({ ...VARIABLE_GROUPS[group], variables: all.filter((one) => one.group === group) }),
);

/** The whole sentence about a variable. */
export const aboutVariable = ({ about, aliases = [] }: DescribedVariable): string =>
  aliases.length === 0 ? about : `${about} Also as ${aliases.join(', ')}.`;

/** The width of a terminal, unless somebody has made it wider. */
const WIDTH = 80;
const INDENT = '      ';

/** Each variable, as --help prints it. */
export const describeVariables = (): string =>
  [
    ...wrap(
      'Each setting is a variable of the environment, or a line of the file .env in the working folder. None is required.',
      WIDTH,
    ),
    ...DESCRIBED_GROUPS.flatMap(({ title, about, variables }) => [
      '',
      ...wrap(`${title.toUpperCase()}: ${about}`, WIDTH),
      ...variables.flatMap(describe),
    ]),
  ].join('\n');

const describe = (one: DescribedVariable): string[] => {
  const [name = '', ...more] = wrap(
    `${one.name} ${one.default && `(default: ${one.default})`}`.trimEnd(),
    WIDTH - INDENT.length,
  );
  const below = [...more, ...wrap(aboutVariable(one), WIDTH - INDENT.length)];
  return [`  ${name}`, ...below.map((line) => `${INDENT}${line}`)];
};

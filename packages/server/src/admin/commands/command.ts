import { parseArgs } from 'node:util';
import type { Observer } from '../../observe/observer/observer.ts';
import type { Config, Secrets } from '../../run/config/config.ts';

/** One of an operator's commands: `npm run admin -- NAME`. */
export interface Command {
  /** What follows its name, on one line. */
  readonly usage: string;
  /** The text that --help prints below that. */
  readonly about: string;
  /** By the first argument. */
  readonly actions?: Readonly<Record<string, Action>>;
  /** The action if there are no others, or the first argument names none. */
  readonly otherwise?: Action;
}

export interface Action {
  readonly options: Readonly<Record<string, Option>>;
  /** The names of the arguments without a name, as the usage calls them. */
  readonly positionals: readonly string[];
  /** Parses everything, before a store is opened. Errors: `WrongUsage`, and those of `parse`. */
  prepare(given: Given): Work;
}

export interface Option {
  readonly type: 'string' | 'boolean';
}

export const TEXT = { type: 'string' } as const;
export const FLAG = { type: 'boolean' } as const;

export interface Given {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

/** Sets `process.exitCode` for a result that a script must notice; throws what keeps it from working. */
export type Work = (start: Start) => Promise<void>;

/** The service's environment. */
export interface Start {
  readonly config: Config;
  readonly secrets: Secrets;
  /** Prints warnings. */
  readonly observe: Observer;
}

export class WrongUsage extends Error {}

export const printJson = (value: unknown): void => console.log(JSON.stringify(value));

/** Errors: `WrongUsage`. */
export function prepare({ actions = {}, otherwise }: Command, args: readonly string[]): Work {
  const [name, ...rest] = args;
  if (name !== undefined && Object.hasOwn(actions, name) && actions[name]) return prepared(actions[name], rest);
  if (otherwise) return prepared(otherwise, args);
  const got = name === undefined ? 'nothing' : JSON.stringify(name);
  throw new WrongUsage(`expected ${[...Object.keys(actions), '--help'].join(', ')} or --version; got ${got}`);
}

function prepared(action: Action, args: readonly string[]): Work {
  const { options, positionals: expected } = action;
  const given = parsed(options, args);
  if (given.positionals.length === expected.length) return action.prepare(given);
  if (expected.length > 0) throw new WrongUsage(`expected one ${expected.join(' and one ')}`);
  throw new WrongUsage('expected options only; got other arguments');
}

function parsed(options: Action['options'], args: readonly string[]): Given {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error));
  }
}

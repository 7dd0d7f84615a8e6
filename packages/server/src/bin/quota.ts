import { parseArgs } from 'node:util';
import { composeUsage } from '../compose/compose.ts';
import { loadConfig } from '../config/config.ts';
import { misspelledVariables } from '../config/misspelled-variables.ts';
import type { Limits } from '../domain/usage/quota.ts';
import { parse } from '../http/request/validation.ts';
import { ownerJson } from '../http/usage/usage-json.ts';
import { limitedUser, limitsBody } from '../http/usage/usage-schemas.ts';
import type { ServiceEvent } from '../observer/observer.ts';
import { reconcileUsage } from '../operations/usage/reconcile-usage.ts';
import type { Services } from '../services.ts';
import { commandGiven } from './command-line.ts';
import { readEnvironmentFile } from './environment-file.ts';
import { sentence } from './sentence.ts';

const USAGE = 'npm run quota [-- set USER | show USER | list | reconcile] [OPTIONS] [--help | --version]';
const HELP = `Shows and limits what the users of a service with USAGE=on store, also while it runs. Prints JSON, as GET /users does.

  set USER [--bytes N] [--images N] [--pending N]
                 gives the user limits of its own; one that isn't named is none
  set USER --default
                 gives the user the configured limits again
  show USER      prints usage and limits
  list           prints one user a line
  reconcile      adds up all records, and repairs and prints each usage that differs; needed once before USAGE is first on`;

type UsageServices = Pick<Services, 'usage' | 'clock'>;

interface Command {
  readonly options: Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;
  /** The number of arguments without a name. */
  readonly positionals: number;
  /** Parses everything, before a store is opened. */
  prepare(given: Given): (services: UsageServices) => Promise<void>;
}

interface Given {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

const TEXT = { type: 'string' } as const;
const FLAG = { type: 'boolean' } as const;

const COMMANDS: Readonly<Record<string, Command>> = {
  set: {
    options: { bytes: TEXT, images: TEXT, pending: TEXT, default: FLAG },
    positionals: 1,
    prepare({ values, positionals: [id] }) {
      const { user_id: userId } = parse(limitedUser, { user_id: id }, 'form');
      const named = [values['bytes'], values['images'], values['pending']];
      const isDefault = values['default'] === true;
      if (isDefault === named.some((one) => one !== undefined))
        throw new WrongUsage(
          'expected --default, or at least one of --bytes, --images, --pending; got neither or both',
        );
      const limits = isDefault ? null : limitsIn(values);
      return async ({ usage }) => {
        await usage.setLimits(userId, limits);
        print(ownerJson(await usage.usageOf(userId)));
      };
    },
  },
  show: {
    options: {},
    positionals: 1,
    prepare({ positionals: [id] }) {
      const { user_id: userId } = parse(limitedUser, { user_id: id }, 'form');
      return async ({ usage }) => print(ownerJson(await usage.usageOf(userId)));
    },
  },
  list: {
    options: {},
    positionals: 0,
    prepare() {
      return async ({ usage }) => {
        for (let after: string | undefined; ; ) {
          const page = await usage.findOwners({ after, limit: PAGE });
          for (const owner of page.owners) print(ownerJson(owner));
          if (page.next === null) return;
          after = page.next;
        }
      };
    },
  },
  reconcile: {
    options: {},
    positionals: 0,
    prepare() {
      return async (services) => {
        let repaired = 0;
        await reconcileUsage(services, ({ userId, before, after }) => {
          repaired += 1;
          print({ user_id: userId, before, after });
        });
        console.error(`The usage of all users is what their records add up to; ${repaired} differed`);
      };
    },
  },
};

const PAGE = 100;

class WrongUsage extends Error {}

const limitsIn = ({ bytes, images, pending }: Given['values']): Limits => {
  const numberIn = (given: string | boolean | undefined) =>
    given === undefined ? null : /^\d{1,15}$/.test(String(given)) ? Number(given) : given;
  const fields = { bytes: numberIn(bytes), images: numberIn(images), pending: numberIn(pending) };
  return parse(limitsBody, fields, 'form');
};

const print = (value: unknown): void => console.log(JSON.stringify(value));

/** Errors: `WrongUsage`. */
function givenTo({ options, positionals: expected }: Command, args: readonly string[]): Given {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (positionals.length === expected) return { values, positionals };
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error));
  }
  throw new WrongUsage(expected === 0 ? 'expected options only; got other arguments' : 'expected one USER');
}

async function run(work: (services: UsageServices) => Promise<void>): Promise<void> {
  const inAnotherCase = readEnvironmentFile();
  for (const line of [...misspelledVariables(process.env), ...inAnotherCase]) console.error(line);
  const { config, secrets } = loadConfig(process.env);
  const observe = (event: ServiceEvent): void => {
    if (event.event === 'warning') console.error(event.sentence);
  };
  await using composition = await composeUsage(config, secrets, { observe });
  await work(composition.services);
  if (config.quotas === null)
    console.error('USAGE is off here: a service with these settings counts and limits nothing');
}

process.umask(0o077); // before any file is made, as the service does
const { name, args } = commandGiven({ usage: USAGE, about: () => HELP, commands: Object.keys(COMMANDS) });
const command = COMMANDS[name];
try {
  if (!command) throw new WrongUsage(`expected one of ${Object.keys(COMMANDS).join(', ')}`);
  await run(command.prepare(givenTo(command, args)));
} catch (error) {
  const isUsage = error instanceof WrongUsage;
  console.error(isUsage ? `${error.message}\nUsage: ${USAGE}` : sentence(error));
  process.exitCode = isUsage ? 2 : 1;
}

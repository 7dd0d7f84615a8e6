import { parseArgs } from 'node:util';
import { composeKeys } from '../compose/compose.ts';
import { loadConfig } from '../config/config.ts';
import { misspelledVariables } from '../config/misspelled-variables.ts';
import { DEFAULT_OVERLAP_SECONDS } from '../domain/access/api-key.ts';
import type { KeyId } from '../domain/access/api-key-text.ts';
import { createdKeyJson, keyJson } from '../http/keys/key-json.ts';
import { createKeyBody, keysQuery, rotateKeyBody, termsOf } from '../http/keys/key-schemas.ts';
import { parse } from '../http/request/validation.ts';
import type { ServiceEvent } from '../observer/observer.ts';
import { createKey } from '../operations/keys/create-key.ts';
import { revokeKey } from '../operations/keys/revoke-key.ts';
import { rotateKey } from '../operations/keys/rotate-key.ts';
import type { Services } from '../services.ts';
import { commandGiven } from './command-line.ts';
import { readEnvironmentFile } from './environment-file.ts';
import { sentence } from './sentence.ts';

const USAGE = 'npm run keys [-- create | list | rotate KEY_ID | revoke KEY_ID] [OPTIONS] [--help | --version]';
const HELP = `Manages the API keys of a service with AUTH=api-key, also while it runs. Prints each key as JSON, as POST /keys does.

  create --admin [--name NAME]      makes a key for everything, also for managing keys
  create --name NAME --scopes SCOPES [--owner USER] [--acts-as USERS] [--expires-at TIME]
                                    SCOPES, USERS: comma-separated; --acts-as '*' acts for everyone
  list [--owner USER]               prints one key a line, the newest first
  rotate KEY_ID [--overlap-seconds N]
                                    makes a successor; the former key works for N more seconds (${DEFAULT_OVERLAP_SECONDS}).
                                    Again, after a lost answer: replaces a successor that was never used
  revoke KEY_ID                     ends a key: running services refuse it within five seconds`;

type KeyServices = Pick<Services, 'keys' | 'clock' | 'randomBytes'>;

interface Command {
  readonly options: Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;
  /** The number of arguments without a name. */
  readonly positionals: number;
  /** Parses everything, before a store is opened. */
  prepare(given: Given): (services: KeyServices) => Promise<void>;
}

interface Given {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

const TEXT = { type: 'string' } as const;
const FLAG = { type: 'boolean' } as const;

const COMMANDS: Readonly<Record<string, Command>> = {
  create: {
    options: { admin: FLAG, name: TEXT, owner: TEXT, 'acts-as': TEXT, scopes: TEXT, 'expires-at': TEXT },
    positionals: 0,
    prepare({ values }) {
      const isAdmin = values['admin'] === true;
      if (isAdmin && values['scopes'] !== undefined) throw new WrongUsage('expected --admin or --scopes; got both');
      const fields = {
        name: values['name'] ?? (isAdmin ? 'admin' : undefined),
        owner: values['owner'],
        acts_as: listIn(values['acts-as']),
        scopes: isAdmin ? ['images:admin'] : listIn(values['scopes']),
        expires_at: values['expires-at'],
      };
      const terms = termsOf(parse(createKeyBody, fields, 'form'));
      return async (services) => print(createdKeyJson(await createKey(services, terms)));
    },
  },
  list: {
    options: { owner: TEXT },
    positionals: 0,
    prepare({ values }) {
      const { owner } = parse(keysQuery.pick({ owner: true }), { owner: values['owner'] }, 'form');
      return async ({ keys }) => {
        for (let after: KeyId | undefined; ; ) {
          const page = await keys.find({ owner, after, limit: PAGE });
          for (const key of page.keys) print(keyJson(key));
          if (page.next === null) return;
          after = page.next;
        }
      };
    },
  },
  rotate: {
    options: { 'overlap-seconds': TEXT },
    positionals: 1,
    prepare({ values, positionals: [id = ''] }) {
      const given = values['overlap-seconds'];
      const seconds = /^\d{1,9}$/.test(String(given)) ? Number(given) : given;
      const { overlap_seconds: overlapSeconds } = parse(rotateKeyBody, { overlap_seconds: seconds }, 'form');
      return async (services) => print(createdKeyJson(await rotateKey(services, { id, overlapSeconds })));
    },
  },
  revoke: {
    options: {},
    positionals: 1,
    prepare({ positionals: [id = ''] }) {
      return async (services) => print(keyJson(await revokeKey(services, id)));
    },
  },
};

const PAGE = 100;

class WrongUsage extends Error {}

const listIn = (given: string | boolean | undefined): readonly string[] | undefined =>
  typeof given === 'string' ? given.split(',').map((one) => one.trim()) : undefined;

const print = (value: unknown): void => console.log(JSON.stringify(value));

/** Errors: `WrongUsage`. */
function givenTo({ options, positionals: expected }: Command, args: readonly string[]): Given {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (positionals.length === expected) return { values, positionals };
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error));
  }
  throw new WrongUsage(expected === 0 ? 'expected options only; got other arguments' : 'expected one KEY_ID');
}

async function run(work: (services: KeyServices) => Promise<void>): Promise<void> {
  const inAnotherCase = readEnvironmentFile();
  for (const line of [...misspelledVariables(process.env), ...inAnotherCase]) console.error(line);
  const { config, secrets } = loadConfig(process.env);
  const observe = (event: ServiceEvent): void => {
    if (event.event === 'warning') console.error(event.sentence);
  };
  await using composition = await composeKeys(config, secrets, { observe });
  await work(composition.services);
  if (!config.auth.includes('api-key'))
    console.error('AUTH lacks api-key here: a service with these settings uses no keys');
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

import { DEFAULT_OVERLAP_SECONDS } from '../../domain/access/api-key.ts';
import type { KeyId } from '../../domain/access/api-key-text.ts';
import { createdKeyJson, keyJson } from '../../http/keys/key-json.ts';
import { createKeyBody, keysQuery, rotateKeyBody, termsOf } from '../../http/keys/key-schemas.ts';
import { parse } from '../../http/request/validation.ts';
import { createKey } from '../../operations/keys/create-key.ts';
import { revokeKey } from '../../operations/keys/revoke-key.ts';
import { rotateKey } from '../../operations/keys/rotate-key.ts';
import { type BesideComposition, composeBeside } from '../../run/compose/beside.ts';
import { type Command, FLAG, type Given, printJson, type Start, TEXT, type Work, WrongUsage } from './command.ts';

const ABOUT = `Manages the API keys of a service with AUTH=api-key, also while it runs. Prints each key as JSON, as POST /keys does.

  create --admin [--name NAME]      makes a key for everything, also for managing keys
  create --name NAME --scopes SCOPES [--owner USER] [--acts-as USERS | --acts-as-prefix PREFIXES]
         [--expires-at TIME]        SCOPES, USERS, PREFIXES: comma-separated; --acts-as '*' acts for everyone,
                                    --acts-as-prefix acme: for the users whose ids begin with acme:
  list [--owner USER]               prints one key a line, the newest first
  rotate KEY_ID [--overlap-seconds N]
                                    makes a successor; the former key works for N more seconds (${DEFAULT_OVERLAP_SECONDS}).
                                    Again, after a lost answer: replaces a successor that was never used
  revoke KEY_ID                     ends a key: running services refuse it within five seconds`;

const PAGE = 100;

export const KEYS: Command = {
  usage: 'create | list | rotate KEY_ID | revoke KEY_ID [OPTIONS]',
  about: ABOUT,
  actions: {
    create: {
      options: {
        admin: FLAG,
        name: TEXT,
        owner: TEXT,
        'acts-as': TEXT,
        'acts-as-prefix': TEXT,
        scopes: TEXT,
        'expires-at': TEXT,
      },
      positionals: [],
      prepare({ values }) {
        const isAdmin = values['admin'] === true;
        if (isAdmin && values['scopes'] !== undefined) throw new WrongUsage('expected --admin or --scopes; got both');
        const fields = {
          name: values['name'] ?? (isAdmin ? 'admin' : undefined),
          owner: values['owner'],
          acts_as: listIn(values['acts-as']),
          acts_as_prefixes: listIn(values['acts-as-prefix']),
          scopes: isAdmin ? ['images:admin'] : listIn(values['scopes']),
          expires_at: values['expires-at'],
        };
        const terms = termsOf(parse(createKeyBody, fields, 'form'));
        return withKeys(async (services) => printJson(createdKeyJson(await createKey(services, terms))));
      },
    },
    list: {
      options: { owner: TEXT },
      positionals: [],
      prepare({ values }) {
        const { owner } = parse(keysQuery.pick({ owner: true }), { owner: values['owner'] }, 'form');
        return withKeys(async ({ keys }) => {
          for (let after: KeyId | undefined; ; ) {
            const page = await keys.find({ owner, after, limit: PAGE });
            for (const key of page.keys) printJson(keyJson(key));
            if (page.next === null) return;
            after = page.next;
          }
        });
      },
    },
    rotate: {
      options: { 'overlap-seconds': TEXT },
      positionals: ['KEY_ID'],
      prepare({ values, positionals: [id = ''] }) {
        const given = values['overlap-seconds'];
        const seconds = /^\d{1,9}$/.test(String(given)) ? Number(given) : given;
        const { overlap_seconds: overlapSeconds } = parse(rotateKeyBody, { overlap_seconds: seconds }, 'form');
        return withKeys(async (services) =>
          printJson(createdKeyJson(await rotateKey(services, { id, overlapSeconds, access: null }))),
        );
      },
    },
    revoke: {
      options: {},
      positionals: ['KEY_ID'],
      prepare({ positionals: [id = ''] }) {
        return withKeys(async (services) => printJson(keyJson(await revokeKey(services, id))));
      },
    },
  },
};

const withKeys =
  (work: (services: BesideComposition['services']) => Promise<void>): Work =>
  async ({ config, secrets, observe }: Start) => {
    await using composition = await composeBeside(config, secrets, { observe });
    await work(composition.services);
    if (!config.auth.includes('api-key'))
      console.error('AUTH lacks api-key here: a service with these settings uses no keys');
  };

const listIn = (given: Given['values'][string]): readonly string[] | undefined =>
  typeof given === 'string' ? given.split(',').map((one) => one.trim()) : undefined;

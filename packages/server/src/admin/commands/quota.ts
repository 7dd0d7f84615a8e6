import type { Limits } from '../../domain/usage/quota.ts';
import { parse } from '../../http/request/validation.ts';
import { ownerJson } from '../../http/usage/usage-json.ts';
import { limitedUser, limitsBody } from '../../http/usage/usage-schemas.ts';
import { reconcileUsage } from '../../operations/usage/reconcile-usage.ts';
import { type BesideComposition, composeBeside } from '../../run/compose/beside.ts';
import { type Command, FLAG, type Given, printJson, type Start, TEXT, type Work, WrongUsage } from './command.ts';

const ABOUT = `Shows and limits what the users of a service with USAGE=on store, also while it runs. Prints JSON, as GET /users does.

  set USER [--bytes N] [--images N] [--pending N]
                 gives the user limits of its own; one that isn't named is none
  set USER --default
                 gives the user the configured limits again
  show USER      prints usage and limits
  list           prints one user a line
  reconcile      adds up all records, and repairs and prints each usage that differs; needed once before USAGE is first on`;

const PAGE = 100;

export const QUOTA: Command = {
  usage: 'set USER | show USER | list | reconcile [OPTIONS]',
  about: ABOUT,
  actions: {
    set: {
      options: { bytes: TEXT, images: TEXT, pending: TEXT, default: FLAG },
      positionals: ['USER'],
      prepare({ values, positionals: [id] }) {
        const { user_id: userId } = parse(limitedUser, { user_id: id }, 'form');
        const named = [values['bytes'], values['images'], values['pending']];
        const isDefault = values['default'] === true;
        if (isDefault === named.some((one) => one !== undefined))
          throw new WrongUsage(
            'expected --default, or at least one of --bytes, --images, --pending; got neither or both',
          );
        const limits = isDefault ? null : limitsIn(values);
        return withUsage(async ({ usage, blocked }) => {
          await blocked.requireUnblocked(userId);
          await usage.setLimits(userId, limits);
          printJson(ownerJson(await usage.usageOf(userId)));
        });
      },
    },
    show: {
      options: {},
      positionals: ['USER'],
      prepare({ positionals: [id] }) {
        const { user_id: userId } = parse(limitedUser, { user_id: id }, 'form');
        return withUsage(async ({ usage }) => printJson(ownerJson(await usage.usageOf(userId))));
      },
    },
    list: {
      options: {},
      positionals: [],
      prepare() {
        return withUsage(async ({ usage }) => {
          for (let after: string | undefined; ; ) {
            const page = await usage.findOwners({ after, limit: PAGE });
            for (const owner of page.owners) printJson(ownerJson(owner));
            if (page.next === null) return;
            after = page.next;
          }
        });
      },
    },
    reconcile: {
      options: {},
      positionals: [],
      prepare() {
        return withUsage(async (services) => {
          let repaired = 0;
          await reconcileUsage(services, ({ userId, before, after }) => {
            repaired += 1;
            printJson({ user_id: userId, before, after });
          });
          console.error(`The usage of all users is what their records add up to; ${repaired} differed`);
        });
      },
    },
  },
};

const withUsage =
  (work: (services: BesideComposition['services']) => Promise<void>): Work =>
  async ({ config, secrets, observe }: Start) => {
    await using composition = await composeBeside(config, secrets, { observe });
    await work(composition.services);
    if (config.quotas === null)
      console.error('USAGE is off here: a service with these settings counts and limits nothing');
  };

const limitsIn = ({ bytes, images, pending }: Given['values']): Limits => {
  const numberIn = (given: string | boolean | undefined) =>
    given === undefined ? null : /^\d{1,15}$/.test(String(given)) ? Number(given) : given;
  const fields = { bytes: numberIn(bytes), images: numberIn(images), pending: numberIn(pending) };
  return parse(limitsBody, fields, 'form');
};

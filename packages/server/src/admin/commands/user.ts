import { userTextFault } from '../../domain/access/user-id.ts';
import { type Command, FLAG, TEXT, type Work, WrongUsage } from './command.ts';
import { targetIn } from './target.ts';
import { carryOut } from './user/carry-out.ts';
import { deleteNow, showDeletion, tellPlan } from './user/delete.ts';
import { exportTo } from './user/export-to.ts';

const ABOUT = `Answers a person's requests about their data: docs/personal-data.md says what remains where, for how long.

  export USER DIR    writes into DIR, a new or empty folder: originals/, images.jsonl, events.jsonl, and person.json with all else that is known
  delete USER        blocks the user, hides all images, and removes all data once the last URL given out for an upload has ended.
                     Prints what was removed. Repeat it to go on after an interruption, or once that time has come.
                     On a terminal it asks first. A user without any record isn't blocked

    --block-days N   for how long nothing is taken from or for the user (30). A deletion on its way keeps the longer block
    --target TARGET  tells this target of backups at once, so that no older backup brings the person back
    --wait           ends with the deletion, not before
    --dry-run        counts what it would delete, and changes nothing
    --yes            asks nothing, also on a terminal
    --status         shows how far the deletion of this user is

  carry-out          does what was asked for by DELETE /users/ID and POST /users/ID/export, until it is stopped. Only for
                     records and objects that processes share: otherwise npm start does it

    --once           ends once nothing can be done now: for a scheduler`;

const MAX_BLOCK_DAYS = 3_650;

export const USER: Command = {
  usage: 'export USER DIR | delete USER [OPTIONS] | carry-out [--once]',
  about: ABOUT,
  actions: {
    export: {
      options: {},
      positionals: ['USER', 'DIR'],
      prepare({ positionals: [user, dir = ''] }): Work {
        const userId = userIn(user);
        return (start) => exportTo(start, { userId, dir });
      },
    },
    delete: {
      options: { 'block-days': TEXT, target: TEXT, wait: FLAG, yes: FLAG, 'dry-run': FLAG, status: FLAG },
      positionals: ['USER'],
      prepare({ values, positionals: [user] }): Work {
        const userId = userIn(user);
        const { target, wait, yes } = values;
        for (const [name, show] of [
          ['status', showDeletion],
          ['dry-run', tellPlan],
        ] as const) {
          if (values[name] !== true) continue;
          if (Object.keys(values).length > 1) throw new WrongUsage(`expected --${name} alone; got other options too`);
          return (start) => show(start, userId);
        }
        const blockDays = blockDaysIn(values['block-days']);
        const targetName = typeof target === 'string' ? target : undefined;
        if (targetName !== undefined) targetIn(targetName);
        return (start) =>
          deleteNow(start, { userId, blockDays, targetName, isWaiting: wait === true, isAgreed: yes === true });
      },
    },
    'carry-out': {
      options: { once: FLAG },
      positionals: [],
      prepare:
        ({ values }): Work =>
        (start) =>
          carryOut(start, { isOnce: values['once'] === true }),
    },
  },
};

/** Also one that only an open service believes. */
function userIn(text = ''): string {
  const fault = text === '' ? 'expected a user id; got an empty text' : userTextFault(text);
  if (fault === undefined) return text;
  throw new WrongUsage(fault);
}

function blockDaysIn(value: string | boolean | undefined): number | undefined {
  if (value === undefined) return undefined;
  const days = /^\d{1,4}$/.test(String(value)) ? Number(value) : Number.NaN;
  if (days <= MAX_BLOCK_DAYS) return days;
  throw new WrongUsage(`expected 0 to ${MAX_BLOCK_DAYS} days after --block-days; got ${JSON.stringify(value)}`);
}

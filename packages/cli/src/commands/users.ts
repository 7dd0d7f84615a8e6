import type { UserDeletion } from '@safelight/client';
import type { Command } from 'commander';
import { answerOf, type Shape } from '../answer-of.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { wrongUsage } from '../failure.ts';
import type { Invocation } from '../invocation.ts';
import { counted } from '../output/amounts.ts';
import { shown } from '../output/terminal-text.ts';
import type { Start } from '../start.ts';
import { userName } from './options.ts';

interface EraseOptions {
  /** The id once more. */
  readonly confirm?: string;
}

const DELETION: Shape = {
  ...{ state: 'text', user_hash: 'text', removed: {} },
  ...{ started_at: 'text?', blocked_until: 'text?', urls_end_at: 'text?', ended_at: 'text?' },
};

export function addUsers(program: Command, start: Start): void {
  const users = program
    .command('users')
    .summary('erase a user')
    .description('Deletes all data of a person. The credential needs the scope users:erase.');
  users
    .command('erase')
    .description(
      'Asks for the deletion of all data of a user, who is blocked then. Repeated, it says how far that is; without --confirm it only looks.',
    )
    .argument('<user>', 'the id of the user', userName)
    .option('--confirm <user>', 'the same id once more: without it nothing is asked for')
    .action((user: string, options: EraseOptions, command: Command) =>
      start(command, (invocation) => erase(invocation, user, options)),
    );
}

async function erase(invocation: Invocation, user: string, { confirm }: EraseOptions): Promise<ExitCode> {
  const { client, output, interruption, isDryRun } = invocation;
  const { signal } = interruption;
  if (confirm !== undefined && confirm !== user)
    throw wrongUsage(`Expected the same id after --confirm; got ${JSON.stringify(confirm)}.`);
  const isAsking = confirm !== undefined && !isDryRun;
  const given = await (isAsking ? client.users.delete(user, { signal }) : client.users.deletion(user, { signal }));
  if (!given) {
    output.answer(
      { event: 'planned', user_id: user },
      shown(`${user} would be erased: repeat it with --confirm ${user}`),
    );
    return EXIT.ok;
  }
  const deletion = answerOf<UserDeletion>(given, DELETION);
  output.answer(deletion, textOf(deletion));
  return EXIT.ok;
}

function textOf({
  state,
  started_at,
  blocked_until,
  urls_end_at,
  ended_at,
  removed,
  kept_objects,
}: UserDeletion): string {
  if (state === 'waiting') return 'Waits until the service, or its operator, begins with it';
  const block = `the user is blocked until ${blocked_until}`;
  if (state === 'open') return `Began at ${started_at}, and can end after ${urls_end_at}: ${block}`;
  const kept = kept_objects > 0 ? `; ${counted(kept_objects, 'object')} could not be removed` : '';
  return `Ended at ${ended_at}: ${counted(removed.images, 'image')} removed, ${block}${kept}`;
}

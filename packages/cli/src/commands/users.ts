import { handedUrl, type UserDeletion, type UserExport } from '@safelight/client';
import type { Command } from 'commander';
import { answerOf, type Shape } from '../answer-of.ts';
import { downloadTo } from '../download/download-image.ts';
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

const EXPORT: Shape = { state: 'text', asked_at: 'text', url: 'text?', url_expires_at: 'text?', removed_at: 'text?' };

interface ExportOptions {
  readonly save?: string;
}

export function addUsers(program: Command, start: Start): void {
  const users = program
    .command('users')
    .summary('export or erase a user')
    .description('Exports or deletes all data of a person. The credential needs the scope users:erase.');
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
  users
    .command('export')
    .description('Asks for a zip with all data of a user. Repeated, it prints its URL once it is ready, for a day.')
    .argument('<user>', 'the id of the user', userName)
    .option('--save <file>', 'downloads it to this new file, if it is ready')
    .action((user: string, options: ExportOptions, command: Command) =>
      start(command, (invocation) => exportUser(invocation, user, options)),
    );
}

async function exportUser(invocation: Invocation, user: string, { save }: ExportOptions): Promise<ExitCode> {
  const { client, output, interruption, isDryRun, connection } = invocation;
  const { signal } = interruption;
  const look = (): Promise<UserExport | undefined> => client.users.exported(user, { signal });
  const given = isDryRun ? await look() : await client.users.export(user, { signal });
  if (!given) {
    output.answer({ event: 'planned', user_id: user }, shown(`${user} would be exported`));
    return EXIT.ok;
  }
  const found = answerOf<UserExport>(given, EXPORT);
  if (found.url === null) output.answer(found, 'Waits until the service, or its operator, has made the file');
  else if (save === undefined || isDryRun) output.answer(found, shown(found.url));
  else {
    const url = async () => handedUrl((await look())?.url, connection.url);
    await downloadTo(save, { url, sha256: undefined, size: found.size ?? undefined, signal });
    output.answer(
      found,
      shown(`${save}: ${counted(found.images ?? 0, 'image')}, until ${found.removed_at} at the service`),
    );
  }
  return EXIT.ok;
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

import type { Command } from 'commander';
import { EXIT } from '../exit-code.ts';
import { type Caller, callerOf, type Invocation, reach } from '../invocation.ts';
import { factsText } from '../output/rows.ts';
import { kindOf } from '../settings/credential-kind.ts';
import type { Start } from '../start.ts';

export function addWhoami(program: Command, start: Start): void {
  program
    .command('whoami')
    .summary('show the service, the user and the credential')
    .description(
      'Shows which service the commands use and as whom, and asks the service whether it accepts the credential. Never prints the credential itself.',
    )
    .action((_options: object, command: Command) => start(command, whoami));
}

async function whoami(invocation: Invocation) {
  const { connection, output } = invocation;
  const { version, caller } = await check(invocation);
  const { url, user, profile } = connection;
  const credential = kindOf(connection);
  output.answer(
    {
      ...{ url, version, user: user ?? caller?.user_id ?? null, users: caller?.users ?? null },
      ...(caller?.user_prefixes && { user_prefixes: caller.user_prefixes }),
      ...{ credential, profile: profile ?? null },
    },
    factsText(
      {
        Service: url,
        Version: version,
        User: user ?? caller?.user_id ?? `${usersOf(caller)}: add --user NAME`,
        Credential: `${credential}${credential === 'none' ? '' : ', accepted'}`,
        Profile: profile ?? 'none',
      },
      output.columns,
    ),
  );
  return EXIT.ok;
}

function usersOf(caller: Caller | undefined): string {
  if (caller === undefined) return 'none';
  const { user_prefixes: prefixes } = caller;
  if (prefixes) return `several, those that begin with ${prefixes.join(' or ')}`;
  return caller.users === null ? 'several, everyone' : `several, ${caller.users.join(', ')}`;
}

/** Errors: no service, or the credential isn't accepted. */
export async function check(invocation: Pick<Invocation, 'connection' | 'client'>) {
  const service = await reach(invocation);
  return { ...service, caller: await callerOf(invocation) };
}

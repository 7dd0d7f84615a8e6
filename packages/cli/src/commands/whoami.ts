import type { Command } from 'commander';
import { EXIT } from '../exit-code.ts';
import { type Invocation, reach } from '../invocation.ts';
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
  const { version } = await check(invocation);
  const { url, user, profile } = connection;
  const credential = kindOf(connection);
  output.answer(
    { url, version, user: user ?? null, credential, profile: profile ?? null },
    factsText(
      {
        Service: url,
        Version: version,
        User: user ?? (credential === 'none' ? 'none: add --user NAME' : 'the one of the credential'),
        Credential: `${credential}${credential === 'none' ? '' : ', accepted'}`,
        Profile: profile ?? 'none',
      },
      output.columns,
    ),
  );
  return EXIT.ok;
}

/** Errors: no service, or the credential isn't accepted. A credential that may only upload is. */
export async function check(invocation: Pick<Invocation, 'connection' | 'client'>) {
  const service = await reach(invocation);
  if (invocation.connection.token !== undefined) {
    await invocation.client
      .request('/images', { query: { limit: 1, fields: 'image_id' } })
      .catch((error: { readonly code?: string }) => {
        if (error.code !== 'missing-scope') throw error;
      });
  }
  return service;
}

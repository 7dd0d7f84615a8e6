import { type SafelightClient, SafelightError } from '@safelight/client';
import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { failure, failureOf } from '../failure.ts';
import { clientFor, type Invocation } from '../invocation.ts';
import { shown } from '../output/terminal-text.ts';
import { kindOf } from '../settings/credential-kind.ts';
import { type Profile, profilesFile, writeProfile } from '../settings/profiles.ts';
import { askForToken, tokenFrom } from '../settings/token-source.ts';
import type { Start } from '../start.ts';
import { check } from './whoami.ts';

export function addLogin(program: Command, start: Start): void {
  program
    .command('login')
    .summary('save a service, a user and a credential')
    .description(
      'Saves a service, a user and a credential as a profile, after the service has accepted them.\n\nAsks for the credential on the terminal, without echo, or reads it from stdin: safelight login < FILE. An empty answer is none, for a service without authentication.',
    )
    .action((_options: object, command: Command) =>
      start(
        command,
        (invocation) => login(invocation, command.optsWithGlobals<{ profile?: string }>().profile ?? 'default'),
        {
          mayBeNewProfile: true,
        },
      ),
    );
}

async function login(invocation: Invocation, name: string): Promise<ExitCode> {
  const { connection: given, output, isDryRun } = invocation;
  const { url, user } = given;
  const token = given.isTokenGiven ? given.token : await readToken(invocation);
  const connection = { ...given, token };
  const client = clientFor({ ...invocation, connection });
  await check({ ...invocation, connection, client }).catch((error: unknown) => {
    throw failureOf(error, connection); // of the credential that was typed, not of the profile's
  });
  if (token === undefined) await requireOpen(client);
  const file = profilesFile();
  const profile: Profile = { url, ...(token !== undefined && { token }), ...(user !== undefined && { user }) };
  if (!isDryRun) await writeProfile(file, name, profile);
  if (token !== undefined && isExposed(url))
    output.say('Warning: over http:// the credential travels unencrypted. Use https:// where there is one.');
  const credential = kindOf(connection);
  output.answer(
    { event: isDryRun ? 'planned' : 'saved', profile: name, url, user: user ?? null, credential },
    `${isDryRun ? 'Would save' : 'Saved'} profile ${shown(name)}: ${url}${user === undefined ? '' : ` as ${shown(user)}`}, ${credential === 'none' ? 'no credential' : credential}.`,
  );
  return EXIT.ok;
}

/** Errors: the service needs a credential, and got none. */
async function requireOpen(client: SafelightClient): Promise<void> {
  await client.request('/images', { query: { limit: 1, fields: 'image_id' } }).catch((error: unknown) => {
    if (!(error instanceof SafelightError) || error.status !== 401) throw error;
    throw failure(
      'no-credential',
      'The service needs a credential, and got none; nothing was saved. Run the command again, and paste the credential.',
      { exitCode: EXIT.notAllowed, cause: error },
    );
  });
}

function readToken({ connection, output }: Invocation): Promise<string | undefined> {
  if (!process.stdin.isTTY) return tokenFrom('-');
  output.say(`Logging in to ${connection.url}.`);
  return askForToken('Credential (not shown, empty for none): ');
}

/** http to another machine. */
function isExposed(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !/^(?:localhost|127\..*|\[::1\])$/.test(hostname);
}

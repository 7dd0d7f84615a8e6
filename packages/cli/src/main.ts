import { type Command, CommanderError } from 'commander';
import { EXIT, type ExitCode } from './exit-code.ts';
import { failureOf, wrongUsage } from './failure.ts';
import { listenForInterruption } from './interruption.ts';
import { clientFor } from './invocation.ts';
import { tellingOfNoConnection } from './output/no-connection.ts';
import { createOutput, type Output } from './output/output.ts';
import { createProgressLine } from './output/progress-line.ts';
import { createWaiting } from './output/waiting.ts';
import { createProgram } from './program.ts';
import { type Connection, connectionOf } from './settings/connection.ts';
import { profilesFile, readProfiles } from './settings/profiles.ts';
import { tokenFrom } from './settings/token-source.ts';
import type { GlobalOptions, Start } from './start.ts';
import { version } from './version.ts';

/** Runs the command line; resolves with the exit code. Errors: none, each is written. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  const isJson = jsonAsked(args);
  using progress = createProgressLine(process.stderr, !isJson && process.env['TERM'] !== 'dumb');
  const output = createOutput({ stdout: process.stdout, stderr: process.stderr, isJson, progress });
  let exitCode: ExitCode = EXIT.ok;
  let used: Connection | undefined;

  const start: Start = async (command, run, { mayBeNewProfile = false } = {}) => {
    const { profile, url, user, token, dryRun } = command.optsWithGlobals<GlobalOptions>();
    const profiles = await readProfiles(profilesFile());
    const isNew = mayBeNewProfile && profile !== undefined && !Object.hasOwn(profiles, profile);
    const given = {
      url,
      user,
      profile: isNew ? undefined : profile,
      token: token === undefined ? undefined : await tokenFrom(token),
    };
    const connection = connectionOf(given, isNew ? {} : process.env, profiles);
    used = connection;
    const interruption = listenForInterruption(output.say);
    const onWait = createWaiting({ output, progress, isUpload: ['upload', 'sync', 'import'].includes(command.name()) });
    const client = clientFor({ connection, onWait, fetch: tellingOfNoConnection(fetch, output.say) });
    exitCode = await run({ connection, client, output, progress, interruption, onWait, isDryRun: dryRun === true });
  };

  const program = createProgram(version, start);
  if (isJson) program.configureOutput({ writeErr: () => undefined });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error, output, { command: commandIn(args, program), connection: used });
  }
}

/** Before the options are parsed, since their errors are JSON too. */
function jsonAsked(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? undefined : end).includes('--json');
}

function report(
  error: unknown,
  output: Output,
  { command, connection }: { readonly command: string; readonly connection: Connection | undefined },
): ExitCode {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok; // help and version
    if (error.code === 'commander.help' && !output.isJson) return EXIT.usage; // the help is written already
    const failure = wrongUsage(usageText(error, command));
    output.fail(failure);
    return failure.exitCode;
  }
  const failure = failureOf(error, connection);
  output.fail(failure);
  return failure.exitCode;
}

/** The command whose help explains the error. */
function commandIn(args: readonly string[], program: Command): string {
  const known = program.commands.map((command) => command.name());
  const name = args.find((one) => known.includes(one));
  return name === undefined ? 'safelight' : `safelight ${name}`;
}

/** commander's message in one line. */
function usageText({ message, code }: CommanderError, command: string): string {
  if (code === 'commander.help') return 'Expected a command. `safelight --help` lists them.';
  const line = message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/ \((Did you mean .*\?)\)$/, '. $1');
  const begun = line.slice(0, 1).toUpperCase() + line.slice(1);
  return `${/[.?!)]$/.test(begun) ? begun : `${begun}.`} See \`${command} --help\`.`;
}

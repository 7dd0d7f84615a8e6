import tab from '@bomb.sh/tab/commander';
import { Command, Option } from 'commander';
import wrapAnsi from 'wrap-ansi';
import { addAlbums } from './commands/albums.ts';
import { addChanges } from './commands/change-images.ts';
import { addEvents } from './commands/events.ts';
import { addGates } from './commands/gates.ts';
import { addGet } from './commands/get.ts';
import { addImport } from './commands/import.ts';
import { addKeys } from './commands/keys.ts';
import { addLink } from './commands/link.ts';
import { addListen } from './commands/listen.ts';
import { addLogin } from './commands/login.ts';
import { addLs } from './commands/ls.ts';
import { addOpen } from './commands/open.ts';
import { addReview } from './commands/review.ts';
import { addSync } from './commands/sync.ts';
import { addTag } from './commands/tag.ts';
import { addUpload } from './commands/upload.ts';
import { addUsage } from './commands/usage.ts';
import { addUsers } from './commands/users.ts';
import { addWebhooks } from './commands/webhooks.ts';
import { addWhoami } from './commands/whoami.ts';
import { HELP_LAYOUT } from './output/help-layout.ts';
import { DEFAULT_COLUMNS } from './output/sink.ts';
import type { Start } from './start.ts';

const EXIT_CODES =
  'Exit codes: 0 done, 1 some failed, 2 wrong usage, 3 not allowed, 4 service unreachable, 130 stopped by Ctrl-C.';

export function createProgram(version: string, start: Start): Command {
  const program = new Command('safelight')
    .description('Photographs to and from a Safelight service.')
    .version(version)
    .configureHelp(HELP_LAYOUT)
    .addOption(new Option('--json', 'one JSON object on each line of stdout, for errors too'))
    .addOption(new Option('--dry-run', 'change nothing; say what would happen'))
    .addOption(
      new Option('--profile <name>', 'a profile of `safelight login`, without SAFELIGHT_URL, _TOKEN and _USER'),
    )
    .addOption(new Option('--url <url>', 'the service (SAFELIGHT_URL; default: http://127.0.0.1:8000)'))
    .addOption(new Option('--user <name>', 'whose images (SAFELIGHT_USER)'))
    .addOption(
      new Option('--token <file>', 'a file with the credential, - for stdin (SAFELIGHT_TOKEN: the credential itself)'),
    )
    .addHelpText('after', () => `\n${wrapAnsi(EXIT_CODES, (process.stdout.columns || DEFAULT_COLUMNS) - 1)}`)
    .exitOverride()
    .configureOutput({ outputError: () => undefined }); // main.ts writes them, as JSON too
  for (const add of [
    addLogin,
    addWhoami,
    addUpload,
    addSync,
    addImport,
    addLs,
    addGet,
    addTag,
    addChanges,
    addLink,
    addAlbums,
    addOpen,
    addUsage,
    addReview,
    addEvents,
    addListen,
    addWebhooks,
    addKeys,
    addUsers,
    addGates,
  ])
    add(program, start);
  addCompletion(program);
  return program;
}

/** Completions show a command's description, of which they need one line; help shows all of it. */
function addCompletion(program: Command): void {
  const whole = program.commands.map((command) => ({ command, description: command.description() }));
  for (const { command } of whole) command.description(command.summary() || command.description());
  tab(program, { completionCommandName: 'completion' });
  for (const { command, description } of whole) command.description(description);
  const completion = program.commands.find((command) => command.name() === 'completion');
  completion
    ?.summary('print completion for bash, zsh or fish')
    .description(COMPLETION)
    .hook('preAction', ({ args: [shell] }) => {
      if (shell === 'bash') process.stdout.write(WITHOUT_BASH_COMPLETION);
    });
}

/** The script needs this function of the package bash-completion, which macOS and many containers lack. */
const WITHOUT_BASH_COMPLETION = `# For a shell without the package bash-completion
if ! declare -F _get_comp_words_by_ref > /dev/null; then
    _get_comp_words_by_ref() {
        words=("\${COMP_WORDS[@]}")
        cword=$COMP_CWORD
        cur=\${words[cword]}
        prev=\${words[cword - 1]}
    }
fi

`;

const COMPLETION = `Prints a script that completes commands and options.

  bash, in ~/.bashrc:
    source <(safelight completion bash)
  zsh, in ~/.zshrc:
    source <(safelight completion zsh)
  fish, in ~/.config/fish/config.fish:
    safelight completion fish | source`;

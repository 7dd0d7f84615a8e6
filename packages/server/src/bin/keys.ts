import { KEYS } from '../admin/commands/keys.ts';
import { runCommand } from '../admin/commands/run-command.ts';

await runCommand(KEYS, process.argv.slice(2), 'npm run keys');

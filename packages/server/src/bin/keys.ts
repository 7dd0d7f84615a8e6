import { KEYS } from './admin/keys.ts';
import { runCommand } from './admin/run-command.ts';

await runCommand(KEYS, process.argv.slice(2), 'npm run keys');

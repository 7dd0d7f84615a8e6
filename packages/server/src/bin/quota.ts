import { QUOTA } from '../admin/commands/quota.ts';
import { runCommand } from '../admin/commands/run-command.ts';

await runCommand(QUOTA, process.argv.slice(2), 'npm run quota');

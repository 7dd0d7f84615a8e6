import { QUOTA } from './admin/quota.ts';
import { runCommand } from './admin/run-command.ts';

await runCommand(QUOTA, process.argv.slice(2), 'npm run quota');

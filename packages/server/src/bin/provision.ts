import { PROVISION } from '../admin/commands/provision.ts';
import { runCommand } from '../admin/commands/run-command.ts';

await runCommand(PROVISION, process.argv.slice(2), 'npm run provision');

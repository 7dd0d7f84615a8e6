import { PROVISION } from './admin/provision.ts';
import { runCommand } from './admin/run-command.ts';

await runCommand(PROVISION, process.argv.slice(2), 'npm run provision');

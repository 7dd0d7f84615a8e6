import type { Command } from '../admin/commands/command.ts';
import { runCommand } from '../admin/commands/run-command.ts';
import { commandGiven } from '../run/process/command-line.ts';

const CALL = 'npm run admin';

/** Loaded when they are needed: some import the SDKs of AWS. */
const COMMANDS: Readonly<Record<string, { readonly summary: string; load(): Promise<Command> }>> = {
  backup: {
    summary: 'copies records and originals to a folder or bucket, and looks after the copies',
    load: async () => (await import('../admin/commands/backup.ts')).BACKUP,
  },
  restore: {
    summary: 'brings back a backup, or tries it (--drill)',
    load: async () => (await import('../admin/commands/restore.ts')).RESTORE,
  },
  import: {
    summary: 'brings pictures from a folder, a bucket or an earlier service',
    load: async () => (await import('../admin/commands/import.ts')).IMPORT,
  },
  export: {
    summary: 'writes all pictures into a folder that needs no service',
    load: async () => (await import('../admin/commands/export.ts')).EXPORT,
  },
  reconcile: {
    summary: 'compares records, objects and usage, and mends what differs',
    load: async () => (await import('../admin/commands/reconcile.ts')).RECONCILE,
  },
  user: {
    summary: "exports or deletes a person's data",
    load: async () => (await import('../admin/commands/user.ts')).USER,
  },
  keys: {
    summary: 'API keys, for AUTH=api-key',
    load: async () => (await import('../admin/commands/keys.ts')).KEYS,
  },
  quota: {
    summary: 'what users store, and their limits',
    load: async () => (await import('../admin/commands/quota.ts')).QUOTA,
  },
  facts: {
    summary: 'has pictures read again for what they say about themselves',
    load: async () => (await import('../admin/commands/facts.ts')).FACTS,
  },
  provision: {
    summary: 'bucket, database, table and queue',
    load: async () => (await import('../admin/commands/provision.ts')).PROVISION,
  },
};

const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);

const { name, args } = commandGiven({
  usage: `${CALL} [-- COMMAND [ARGUMENTS] [--help] | --help | --version]`,
  about: () =>
    `An operator's commands, with the environment of the service. COMMAND --help explains each.\n\n${lines.join('\n')}`,
  commands: Object.keys(COMMANDS),
});
const command = await COMMANDS[name]?.load();
if (command) await runCommand(command, args, `${CALL} -- ${name}`);

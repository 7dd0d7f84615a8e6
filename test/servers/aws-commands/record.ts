/**
 * Preloaded into every process of a test run: writes each kind of AWS command that the process sends, with its role,
 * into the folder that AWS_COMMANDS_SEEN names.
 */
import { subscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnnouncedCommand } from '../../../packages/server/src/aws/announce-commands.ts';
import { kindsOf } from './kinds.ts';
import { roleOf } from './role.ts';

const { AWS_COMMANDS_SEEN: folder } = process.env;
const seen = new Set<string>();

if (folder !== undefined) {
  const role = roleOf(process);
  subscribe('safelight.aws-command', (message) => {
    for (const kind of kindsOf(message as AnnouncedCommand)) {
      if (seen.has(kind)) continue;
      seen.add(kind);
      // At once, because a process may be killed at any time. The name says all, so that equal ones are one file.
      writeFileSync(join(folder, encodeURIComponent(`${role} ${kind}`)), '');
    }
  });
}

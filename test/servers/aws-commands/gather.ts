import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { missing, type Seen } from './compare.ts';
import type { SenderRole } from './role.ts';

/** The kinds of AWS commands that a whole run of CI saw, by role. */
export const COMMANDS_FILE = join(import.meta.dirname, '../../../deploy/aws/commands.json');

export const committed = (): Seen => (existsSync(COMMANDS_FILE) ? JSON.parse(readFileSync(COMMANDS_FILE, 'utf8')) : {});

/** What `record.ts` wrote into a folder. */
export function seenIn(folder: string): Seen {
  const sent = readdirSync(folder).map((name) => decodeURIComponent(name).split(' '));
  const kindsOf = (role: string) => sent.filter(([first]) => first === role).map(([, ...kind]) => kind.join(' '));
  const roles = [...new Set(sent.map(([role = '']) => role))].toSorted();
  return Object.fromEntries(roles.map((role) => [role, kindsOf(role).toSorted()]));
}

/** A line for each command that the file lacks, and each that no role may send. */
export function faultsOf(seen: Seen, known: Seen = committed()): string[] {
  const added = Object.entries(seen).flatMap(([role, kinds]) =>
    kinds.filter((kind) => !known[role as SenderRole]?.includes(kind)).map((kind) => `new: ${role} sends ${kind}`),
  );
  return [...added, ...missing(seen)];
}

export function writeSeen(seen: Seen): void {
  writeFileSync(COMMANDS_FILE, `${JSON.stringify(seen, null, 2)}\n`);
}

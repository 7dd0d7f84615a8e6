import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type Ended, spawnProgram } from './running-service.ts';

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');

/** A key as the command prints it. */
export interface PrintedKey {
  readonly key_id: string;
  readonly key: string;
  readonly name: string;
  readonly owner: string | null;
  readonly acts_as: readonly string[] | null;
  readonly scopes: readonly string[];
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  readonly replaces?: string;
}

/** `npm run admin -- keys ...args` in a folder, as a separate process. */
export const runKeys = (
  folder: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Ended> =>
  spawnProgram(folder, { AUTH: 'api-key', ...environment }, [process.execPath, ADMIN, 'keys', ...args]).ended;

/** The keys that it prints. Fails unless it succeeds. */
export async function keysFrom(...call: Parameters<typeof runKeys>): Promise<readonly PrintedKey[]> {
  const { exitCode, output } = await runKeys(...call);
  assert.equal(exitCode, 0, output);
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as PrintedKey);
}

export async function keyFrom(...call: Parameters<typeof runKeys>): Promise<PrintedKey> {
  const [key, ...others] = await keysFrom(...call);
  assert.ok(key && others.length === 0);
  return key;
}

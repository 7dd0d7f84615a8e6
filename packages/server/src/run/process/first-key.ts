import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type KeyTerms, newKey } from '../../domain/access/api-key.ts';
import { issueKey } from '../../domain/access/api-key-text.ts';
import { createKey } from '../../operations/keys/create-key.ts';
import type { Services } from '../../services.ts';
import { type Config, ConfigError, sharesRecords } from '../config/config.ts';

type KeyServices = Pick<Services, 'keys' | 'blocked' | 'clock' | 'randomBytes'>;

export interface FirstKeyOptions {
  readonly config: Pick<Config, 'auth' | 'dataDir' | 'dynamodb' | 'postgres'>;
  /** Whether a person sees what is printed; otherwise it may be in a log. */
  readonly isTerminal: boolean;
  readonly print: (line: string) => void;
}

const FIRST_ADMIN: KeyTerms = {
  name: 'first admin',
  owner: null,
  actsAs: null,
  scopes: ['images:admin'],
  expiresAt: null,
};

/**
 * Makes a key of an admin, without whom a service with API keys has no caller. Processes that share records would each
 * make one, so there the operator does it. Errors: `ConfigError` if shared records have no key, or if the file for the
 * key exists.
 */
export async function makeFirstKey(
  services: KeyServices,
  { config, isTerminal, print }: FirstKeyOptions,
): Promise<void> {
  if (!config.auth.includes('api-key')) return;
  const { keys } = await services.keys.find({ owner: undefined, after: undefined, limit: 1 });
  if (keys.length > 0) return;
  if (sharesRecords(config)) {
    const place = config.dynamodb ? `the table ${config.dynamodb.table}` : 'the database of DATABASE_URL';
    const detail = `expected a key in ${place}; got none: run npm run admin -- keys create --admin`;
    throw new ConfigError([{ name: 'AUTH', detail }]);
  }
  if (isTerminal) {
    const { text } = await createKey(services, FIRST_ADMIN);
    print(`The key of the first admin, which is shown only now: ${text}`);
    return;
  }
  const path = join(config.dataDir, 'admin-key');
  await writeNewKey(services, path);
  print(`The key of the first admin is in ${path}: move it to a safe place`);
}

/**
 * The file first: after a crash in between, a file without its key stops the next start, but a key without its file
 * would be lost.
 */
async function writeNewKey({ keys, clock, randomBytes }: KeyServices, path: string): Promise<void> {
  await using file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    const detail = `expected no file ${path}, since no key exists; got one: remove it, and the next start writes a new key`;
    throw new ConfigError([{ name: 'AUTH', detail }]);
  });
  try {
    const now = clock.now();
    const issued = issueKey(now, randomBytes);
    await file.writeFile(`${issued.text}\n`);
    await file.sync();
    await keys.create(newKey(issued, FIRST_ADMIN, now));
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import envPaths from 'env-paths';
import { EXIT } from '../exit-code.ts';
import { failure } from '../failure.ts';

/** A service and who calls it, under a name. */
export interface Profile {
  readonly url: string;
  readonly token?: string;
  readonly user?: string;
}

export type Profiles = Readonly<Record<string, Profile>>;

/** In the platform's folder for settings: XDG_CONFIG_HOME or ~/.config, ~/Library/Preferences, %APPDATA%. */
export const profilesFile = (): string => join(envPaths('safelight', { suffix: '' }).config, 'profiles.json');

/** None if there is no file. Errors: a file with something else in it, or with rights for others than its owner. */
export async function readProfiles(file: string): Promise<Profiles> {
  const text = await textOf(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  try {
    const value: unknown = JSON.parse(text);
    if (isProfiles(value)) return value;
  } catch {
    // the same advice
  }
  throw failure(
    'damaged-state',
    `Expected profiles in ${file}; got something else. Remove the file and run \`safelight login\`.`,
  );
}

const RIGHTS_OF_OTHERS = 0o077;

async function textOf(file: string): Promise<string> {
  await using handle = await open(file);
  const { mode } = await handle.stat();
  if (process.platform !== 'win32' && (mode & RIGHTS_OF_OTHERS) !== 0)
    throw failure(
      'exposed-profiles',
      `Others than you have rights to ${file}, which has credentials (mode ${(mode & 0o777).toString(8)}). Take them away: chmod 600 ${quoted(file)}`,
      { exitCode: EXIT.usage },
    );
  return await handle.readFile('utf8');
}

/** For a shell. */
const quoted = (path: string): string => (/^[\w/.@+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

const isProfiles = (value: unknown): value is Profiles =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every(
    (profile) => typeof profile === 'object' && profile !== null && typeof profile.url === 'string',
  );

/** Replaces the file in one step; only its owner can read it (0600). */
export async function writeProfile(file: string, name: string, profile: Profile): Promise<void> {
  const profiles = { ...(await readProfiles(file)), [name]: profile };
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomUUID()}`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(profiles, null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

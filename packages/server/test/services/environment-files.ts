import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { freePort } from '../../../../test/servers/free-port.ts';
import { killAll, spawnProgram, untilPrinted } from './running-service.ts';

const FOLDER = join(import.meta.dirname, '../../../../deploy/env');
const BIN = join(import.meta.dirname, '../../src/bin');

export const ENVIRONMENT_FILES = ['one-machine', 's3', 'postgres', 'aws'] as const;
export type EnvironmentFile = (typeof ENVIRONMENT_FILES)[number];

/** The text of deploy/env/NAME.env. */
export const textOf = (file: EnvironmentFile): Promise<string> => readFile(join(FOLDER, `${file}.env`), 'utf8');

/** The names of the values that the operator must replace. */
export const placeholdersOf = (text: string): string[] =>
  Object.entries(parseEnv(text)).flatMap(([name, value]) => (value?.includes('CHANGE_ME') ? [name] : []));

/** The file with these values in place of its placeholders, each of which has one. */
export function filled(text: string, values: Readonly<Record<string, string>>): string {
  assert.deepEqual(placeholdersOf(text).toSorted(), Object.keys(values).toSorted());
  return Object.entries(values).reduce(
    (changed, [name, value]) => changed.replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=${value}`),
    text,
  );
}

/** A folder with a file `.env`, in which programs of the service are started. */
export interface Configured {
  readonly folder: string;
  /** Variables that aren't in the file: where servers for tests stand in for others. */
  readonly environment?: Readonly<Record<string, string>>;
}

export async function configure(folder: string, text: string): Promise<void> {
  await writeFile(join(folder, '.env'), text);
}

/** Runs a program of the service to its end. */
export const runIn = ({ folder, environment = {} }: Configured, program: string, ...args: readonly string[]) =>
  spawnProgram(folder, { ...environment }, [process.execPath, join(BIN, program), ...args]).ended;

/** `npm start`, with its address on this machine: it prints the one for clients. */
export async function startIn({ folder, environment = {} }: Configured) {
  const port = String(await freePort());
  const command = [process.execPath, join(BIN, 'start.js')];
  const spawned = spawnProgram(folder, { ...environment, PORT: port }, command);
  await untilPrinted(spawned, /listens on /);
  return {
    origin: `http://127.0.0.1:${port}`,
    output: spawned.output,
    [Symbol.asyncDispose]: () => killAll({ process: spawned.child }),
  };
}

/** `npm run work`. */
export async function workIn({ folder, environment = {} }: Configured) {
  const spawned = spawnProgram(folder, { ...environment }, [process.execPath, join(BIN, 'work.ts')]);
  await untilPrinted(spawned, /^Safelight works/m);
  return {
    async [Symbol.asyncDispose]() {
      if (spawned.child.exitCode !== null) return;
      spawned.child.kill('SIGKILL');
      await once(spawned.child, 'close');
    },
  };
}

/**
 * Uploads a picture through a presigned URL and lists it, with a key; without one nothing is listed. Returns the URL.
 */
export async function useWith(origin: string, key: string): Promise<string> {
  const headers = { Authorization: `Bearer ${key}`, 'X-User-Id': 'ada' };
  const grant = await fetch(`${origin}/uploads`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify({ content_type: 'image/jpeg' }),
  });
  assert.equal(grant.status, 201, await grant.clone().text());
  const { image_id: id, upload_url: url } = (await grant.json()) as { image_id: string; upload_url: string };
  const body = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
  const { pathname, search } = new URL(url);
  const reachable = pathname.startsWith('/objects/') ? `${origin}${pathname}${search}` : url;
  const put = await fetch(reachable, { method: 'PUT', headers: { 'Content-Type': 'image/jpeg' }, body });
  assert.equal(put.status, 200, await put.text());
  const complete = await fetch(`${origin}/images/${id}/complete`, { method: 'POST', headers });
  assert.equal(complete.status, 200, await complete.text());
  const list = await fetch(`${origin}/images`, { headers });
  assert.equal(((await list.json()) as { count: number }).count, 1);
  assert.equal((await fetch(`${origin}/images`)).status, 401);
  return url;
}

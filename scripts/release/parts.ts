import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const SERVER = 'packages/server/package.json';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The server and all that it depends on, as package-lock.json has it (a CycloneDX SBOM). npm's has a random number, the
 * time and the name of the folder; here they come from the commit.
 */
export async function partsOf(root: string): Promise<string> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-parts-'));
  await writeServerAlone(root, folder.path);
  const npm = { cwd: folder.path, maxBuffer: 64 * 1_048_576 };
  await execute('npm', ['prune', '--package-lock-only', '--offline', '--ignore-scripts'], npm);
  const format = ['--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'];
  const parts = JSON.parse((await execute('npm', ['sbom', ...format], npm)).stdout);
  const { stdout: commit } = await execute('git', ['log', '-1', '--format=%H %cI'], { cwd: root });
  const [hash = '', date = ''] = commit.trim().split(' ');
  parts.serialNumber = `urn:uuid:${uuidOf(hash)}`;
  parts.metadata.timestamp = new Date(date).toISOString();
  parts.metadata.component.name = '@safelight/server';
  return `${JSON.stringify(parts, null, 2)}\n`;
}

/** A project of the server alone: in the workspace npm leaves out what it also needs for development. */
async function writeServerAlone(root: string, folder: string): Promise<void> {
  const read = async (path: string): Promise<Fields> => JSON.parse(await readFile(join(root, path), 'utf8'));
  const [{ name, version, license, dependencies, optionalDependencies }, { overrides }, lock] = [
    await read(SERVER),
    await read('package.json'),
    await read('package-lock.json'),
  ];
  const own = { name, version, license, dependencies, optionalDependencies };
  const packages: Record<string, Fields> = { '': own };
  for (const [path, { link, dev, peer, devOptional, peerDependencies, ...one }] of Object.entries(
    lock['packages'] as Readonly<Record<string, Fields>>,
  ))
    if (path.startsWith('node_modules/') && link === undefined) packages[path] = one;
  const write = (file: string, content: object) => writeFile(join(folder, file), JSON.stringify(content));
  await write('package.json', { ...own, overrides });
  await write('package-lock.json', { name, version, lockfileVersion: lock['lockfileVersion'], packages });
}

/** Version 8 (RFC 9562). */
export function uuidOf(commit: string): string {
  const digits = createHash('sha256').update(`safelight release of ${commit}`).digest('hex');
  const variant = ((Number.parseInt(digits.slice(16, 17), 16) & 3) | 8).toString(16);
  const groups = [digits.slice(0, 8), digits.slice(8, 12), `8${digits.slice(13, 16)}`];
  return [...groups, `${variant}${digits.slice(17, 20)}`, digits.slice(20, 32)].join('-');
}

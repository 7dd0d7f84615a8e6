import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ARCHITECTURES } from '../functions/sharp-packages.ts';
import { zipFolder } from '../functions/zip-folder.ts';

const execute = promisify(execFile);

/** Of CloudFormation. */
const TEMPLATES = ['data.template.json', 'service.template.json'];
const SUMS = 'SHA256SUMS';
const DISTRIBUTED = /\.(?:tgz|zip|json)$/;

/**
 * Writes what a release publishes to `root`/dist/release/VERSION, and returns that folder: the packages, the zips of the functions, the
 * templates, a list of all parts (SBOM), the notes and the sums of all. The same commit gives the same bytes.
 */
export async function writeReleaseFiles(
  root: string,
  { version, notes }: { readonly version: string; readonly notes: string },
): Promise<string> {
  const folder = join(root, 'dist/release', version);
  const building = await mkdtemp(join(tmpdir(), 'safelight-release-'));
  try {
    await packages(root, building);
    await functions(root, { building, version });
    await templates(root, { building, version });
    await writeFile(join(building, `safelight-${version}.cdx.json`), await partsOf(root, version));
    await writeFile(join(building, 'notes.md'), `${notes}\n`);
    await writeFile(join(building, SUMS), await sumsOf(building));
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(building)) await copyFile(join(building, name), join(folder, name));
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return folder;
}

const run = (root: string, ...args: readonly string[]) =>
  execute(process.execPath, args, { cwd: root, maxBuffer: 64 * 1_048_576 });

async function packages(root: string, building: string): Promise<void> {
  const packed = join(building, 'packages');
  await run(root, 'scripts/pack.ts', packed);
  for (const name of await readdir(packed))
    if (name.endsWith('.tgz')) await rename(join(packed, name), join(building, name));
  await rm(packed, { recursive: true });
}

async function functions(root: string, { building, version }: { building: string; version: string }): Promise<void> {
  for (const architecture of Object.keys(ARCHITECTURES)) {
    await run(root, 'scripts/build.ts', '--arch', architecture);
    const zips = (await readdir(join(root, 'dist/lambda'))).filter((name) => name.endsWith('.zip'));
    for (const name of zips)
      await copyFile(join(root, 'dist/lambda', name), join(building, `safelight-${version}-${name}`));
  }
}

async function templates(root: string, { building, version }: { building: string; version: string }): Promise<void> {
  const folder = join(building, 'templates');
  await mkdir(folder);
  for (const name of TEMPLATES) await copyFile(join(root, 'deploy/aws', name), join(folder, name));
  await copyFile(join(root, 'docs/deploy-aws.md'), join(folder, 'deploy-aws.md'));
  await zipFolder(folder, join(building, `safelight-aws-${version}.zip`));
  await rm(folder, { recursive: true });
}

/** CycloneDX, of the server's dependencies. npm's has a random number, the time, and the name of this folder. */
async function partsOf(root: string, version: string): Promise<string> {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'];
  const only = ['--workspace', '@safelight/server', '--omit', 'dev', '--omit', 'peer'];
  const { stdout } = await execute('npm', [...args, ...only], { cwd: root, maxBuffer: 64 * 1_048_576 });
  const { stdout: commit } = await execute('git', ['log', '-1', '--format=%H %cI'], { cwd: root });
  const [hash = '', date = ''] = commit.trim().split(' ');
  const parts = JSON.parse(stdout);
  parts.serialNumber = `urn:uuid:${uuidOf(hash)}`;
  parts.metadata.timestamp = new Date(date).toISOString();
  Object.assign(parts.metadata.component, { name: 'safelight', version });
  return `${JSON.stringify(parts, null, 2)}\n`;
}

/** Version 8 (RFC 9562), of the commit. */
function uuidOf(commit: string): string {
  const digits = createHash('sha256').update(`safelight release of ${commit}`).digest('hex');
  const variant = ((Number.parseInt(digits.slice(16, 17), 16) & 3) | 8).toString(16);
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-');
}

async function sumsOf(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => DISTRIBUTED.test(name)).toSorted();
  const lines = names.map(
    async (name) =>
      `${createHash('sha256')
        .update(await readFile(join(folder, name)))
        .digest('hex')}  ${name}\n`,
  );
  return (await Promise.all(lines)).join('');
}

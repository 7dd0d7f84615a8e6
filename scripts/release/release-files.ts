import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ARCHITECTURES } from '../functions/sharp-packages.ts';
import { zipFolder } from '../functions/zip-folder.ts';
import { partsOf } from './parts.ts';

const execute = promisify(execFile);

/** The templates of CloudFormation. */
const TEMPLATES = ['data.template.json', 'service.template.json'];
const SUMS = 'SHA256SUMS';
const DISTRIBUTED = /\.(?:tgz|zip|json)$/;

/**
 * Writes what a release publishes to `root`/dist/release/VERSION, and returns that folder: the packages, the zips of
 * the functions, the templates, a list of the server's parts (SBOM), the notes and the sums of all. The same commit
 * gives the same bytes.
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
    await writeFile(join(building, `safelight-${version}.cdx.json`), await partsOf(root));
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
    await run(root, 'scripts/build-functions.ts', '--arch', architecture);
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

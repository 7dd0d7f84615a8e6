import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** SemVer, without build metadata, which no registry tells apart. */
const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-[0-9A-Za-z.-]+)?$/;

const MANIFESTS = ['package.json', 'packages/server/package.json', 'packages/web/package.json'];

/** Documents that name a tarball, or the tag of an image. */
const DOCUMENTS = [
  'README.md',
  'docs/cli.md',
  'deploy/kubernetes/README.md',
  'examples/plain.html',
  'packages/cli/README.md',
  'packages/client/README.md',
  'packages/server/README.md',
];

export const versionOf = async (root: string): Promise<string> =>
  JSON.parse(await readFile(join(root, 'package.json'), 'utf8')).version;

/** Errors: if it is no version, or not above the present one. */
export function requireAbove(version: string, present: string): void {
  const isAbove = (one: string, other: string) => one.localeCompare(other, 'en', { numeric: true }) > 0;
  const plain = (one: string) => one.replace(/-.*/, '');
  const isLater =
    plain(version) === plain(present)
      ? present.includes('-') && version !== present
      : isAbove(plain(version), plain(present));
  if (!VERSION.test(version) || !isLater)
    throw new Error(`expected a version above ${present}, such as 0.2.0 or 0.2.0-rc.1; got ${JSON.stringify(version)}`);
}

/** Writes the version wherever `from` stands in this tree. Errors: if a file lacks it. */
export async function setVersion(root: string, { from, to }: { from: string; to: string }): Promise<void> {
  const escaped = from.replaceAll('.', '\\.');
  const field = new RegExp(`"version": "${escaped}"`, 'g');
  const change = async (path: string, change: (text: string) => string): Promise<void> => {
    const before = await readFile(join(root, path), 'utf8');
    const after = change(before);
    if (after === before) throw new Error(`expected the version ${from} in ${path}; it isn't there`);
    await writeFile(join(root, path), after);
  };
  for (const path of [...MANIFESTS, 'openapi.json'])
    await change(path, (text) => text.replaceAll(field, () => `"version": "${to}"`));
  await change('package-lock.json', (text) => {
    const lock = JSON.parse(text);
    for (const one of [lock, ...['', 'packages/server', 'packages/web'].map((path) => lock.packages[path])])
      if (one.version === from) one.version = to;
    return `${JSON.stringify(lock, null, 2)}\n`;
  });
  const named = new RegExp(`(safelight-[a-z]+-|newTag: )${escaped}(?=\\.tgz|$)`, 'gm');
  for (const path of DOCUMENTS)
    await change(path, (text) => text.replaceAll(named, (_, name: string) => `${name}${to}`));
}

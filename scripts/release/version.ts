import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** SemVer (semver.org), without build metadata, which no registry tells apart. */
const NUMBER = '(?:0|[1-9]\\d*)';
const IDENTIFIER = `(?:${NUMBER}|\\d*[A-Za-z-][0-9A-Za-z-]*)`;
const VERSION = new RegExp(`^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-${IDENTIFIER}(?:\\.${IDENTIFIER})*)?$`);

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

/**
 * Errors: if it is no version, or below the present one. The first release has the version of the manifests; a released
 * one has a tag and a section of the CHANGELOG.
 */
export function requireNotBelow(version: string, present: string): void {
  if (!VERSION.test(version) || order(version, present) < 0)
    throw new Error(
      `expected a version from ${present} on, such as 0.2.0 or 0.2.0-rc.1; got ${JSON.stringify(version)}`,
    );
}

/** Above 0 if the first is the higher one (semver.org, 11): a prerelease is below its version. */
function order(one: string, other: string): number {
  const parts = (version: string) => /^([^-]*)(?:-(.*))?$/.exec(version)?.slice(1) ?? [];
  const [[core = '', prerelease], [otherCore = '', otherPrerelease]] = [parts(one), parts(other)];
  const byCore = orderOfLists(core.split('.'), otherCore.split('.'));
  if (byCore !== 0 || prerelease === otherPrerelease) return byCore;
  if (prerelease === undefined) return 1;
  return otherPrerelease === undefined ? -1 : orderOfLists(prerelease.split('.'), otherPrerelease.split('.'));
}

function orderOfLists(one: readonly string[], other: readonly string[]): number {
  for (const [index, part] of one.entries()) {
    const opposite = other[index];
    if (opposite === undefined) return 1;
    if (part === opposite) continue;
    const [isNumber, isOppositeNumber] = [/^\d+$/.test(part), /^\d+$/.test(opposite)];
    if (isNumber && isOppositeNumber) return Number(part) - Number(opposite);
    if (isNumber !== isOppositeNumber) return isNumber ? -1 : 1;
    return part < opposite ? -1 : 1;
  }
  return one.length - other.length;
}

/**
 * The files of this tree in which `from` stands, with `to` instead; none if they are equal. Errors: if one lacks it.
 */
export async function textsWithVersion(
  root: string,
  { from, to }: { from: string; to: string },
): Promise<Map<string, string>> {
  if (from === to) return new Map();
  const escaped = from.replaceAll('.', '\\.');
  const texts = new Map<string, string>();
  const change = async (path: string, changed: (text: string) => string): Promise<void> => {
    const before = await readFile(join(root, path), 'utf8');
    const after = changed(before);
    if (after === before) throw new Error(`expected the version ${from} in ${path}; it isn't there`);
    texts.set(path, after);
  };
  const field = new RegExp(`"version": "${escaped}"`, 'g');
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
  return texts;
}

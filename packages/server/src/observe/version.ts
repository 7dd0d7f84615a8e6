import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import packageJson from '../../package.json' with { type: 'json' };

const { version, gitHead }: { readonly version: string; readonly gitHead?: string } = packageJson;
const COMMIT_ID = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
const SHOWN_DIGITS = 12;

/** The version of the package, as 1.2.3. */
export const VERSION = version;

/** The id of the commit: a package and a function carry it, and a clone has it in its `.git`. undefined: neither. */
export const COMMIT = gitHead ?? commitOf(fileURLToPath(new URL('../../../../.git', import.meta.url)));

/** Both, as 1.2.3+65a34327d0e1: the commit is SemVer's build metadata. */
export const BUILD = COMMIT === undefined ? VERSION : `${VERSION}+${COMMIT.slice(0, SHOWN_DIGITS)}`;

/**
 * The commit of a clone, by its `.git`, which is a file in a worktree; undefined if there is none, or it is in another
 * form.
 */
export function commitOf(git: string): string | undefined {
  try {
    const folder = statSync(git).isFile() ? resolve(dirname(git), textOf(git).replace(/^gitdir: /, '')) : git;
    const head = textOf(join(folder, 'HEAD'));
    const [, ref] = /^ref: (refs\/[^\s:?*[\\]+)$/.exec(head) ?? [];
    if (ref === undefined) return validated(head);
    const shared = join(folder, 'commondir');
    const common = existsSync(shared) ? resolve(folder, textOf(shared)) : folder;
    const loose = join(common, ref);
    if (existsSync(loose)) return validated(textOf(loose));
    const packed = textOf(join(common, 'packed-refs')).split('\n');
    return validated(packed.find((line) => line.endsWith(` ${ref}`))?.split(' ', 1)[0]);
  } catch {
    return undefined; // the version alone says enough: no start may fail for it
  }
}

function textOf(path: string): string {
  return readFileSync(path, 'utf8').trim();
}

function validated(id: string | undefined): string | undefined {
  return id !== undefined && COMMIT_ID.test(id) ? id : undefined;
}

import { readFileSync } from 'node:fs';

interface Manifest {
  readonly version?: string;
  /** The commit that the package was made from. */
  readonly gitHead?: string;
}

const SHOWN_DIGITS = 12;

function versionIn(path: string): string | undefined {
  const { version, gitHead } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Manifest;
  return version && gitHead ? `${version}+${gitHead.slice(0, SHOWN_DIGITS)}` : version;
}

/** The version of the package, beside src or dist. A workspace has none: there it is the version of the repository. */
export const version: string = versionIn('../package.json') ?? versionIn('../../../package.json') ?? 'unknown';

import { readFileSync } from 'node:fs';

const versionIn = (path: string): string | undefined =>
  (JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { readonly version?: string }).version;

/** Of the package, beside src or dist. A workspace has none: there it is the version of the repository. */
export const version: string = versionIn('../package.json') ?? versionIn('../../../package.json') ?? 'unknown';

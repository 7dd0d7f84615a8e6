import { join } from 'node:path';
import type { FunctionName } from './bundle-function.ts';
import type { Architecture } from './sharp-packages.ts';

export const LAMBDA_FOLDER = join(import.meta.dirname, '../../dist/lambda');
/** What `npm run build:functions` writes beside the zips, for scripts/plan-deploy.ts. */
export const ZIPS_FILE = join(LAMBDA_FOLDER, 'zips.json');

export interface ZipOfFunction {
  readonly function: FunctionName;
  readonly architecture: Architecture;
  /** In the folder of this list. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Where it is uploaded to: another code has another key, and the former one stays, to roll back to. */
  readonly key: string;
}

/** With the architecture, which a rollback must set too. */
export const keyOf = (name: FunctionName, architecture: Architecture, sha256: string): string =>
  `safelight/${name}-${architecture}-${sha256.slice(0, 16)}.zip`;

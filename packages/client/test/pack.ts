import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SCRIPT = join(import.meta.dirname, '../../../scripts/pack.ts');

export interface Tarballs {
  readonly client: string;
  readonly cli: string;
  readonly server: string;
}

/** The tarballs that `npm run pack` makes, in a new folder: tests never share one. */
export async function packInto(folder: string): Promise<Tarballs> {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, folder]);
  const [client = '', cli = '', server = ''] = [...stdout.matchAll(/^(.+\.tgz): /gm)].map(([, path = '']) => path);
  return { client, cli, server };
}

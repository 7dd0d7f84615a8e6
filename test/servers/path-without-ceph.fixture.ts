import { existsSync } from 'node:fs';
import { mkdtempDisposable, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** For tests: a PATH with only the programs that every test server needs. */
export interface PathWithoutCeph extends AsyncDisposable {
  readonly path: string;
}

export async function createPathWithoutCeph(): Promise<PathWithoutCeph> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'safelight-path-'));
  const places = (process.env['PATH'] ?? '').split(delimiter).map((one) => join(one, 'setpriv'));
  await symlink(places.find(existsSync) ?? '', join(folder.path, 'setpriv'));
  return folder;
}

import { mkdir, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KeyedErasure, readErasures } from '../../src/admin/archive/backup/erasures.ts';
import { openTarget } from '../../src/admin/archive/place/open-target.ts';
import type { Target } from '../../src/admin/archive/place/target.ts';
import { type MadeBackup, makeBackup } from '../../src/admin/backups/make-backup.ts';
import { openBackup } from '../../src/admin/backups/open-backup.ts';
import { type RestoreInput, restoreBackup } from '../../src/admin/backups/restore-backup.ts';
import { later } from '../../src/domain/access/api-keys.fixture.ts';
import { createErased } from '../../src/domain/user/erased.ts';
import { userHashOf } from '../../src/domain/user/user-hash.ts';
import { createFilterNames } from '../../src/records/coordination/filter-names.ts';
import { NOW, newImageId } from '../../src/records/images/sample-images.fixture.ts';
import type { SoleArchiveServices } from '../../src/run/compose/archive.ts';
import type { Settings } from '../../src/services.ts';

export interface TestTarget extends AsyncDisposable {
  readonly target: Target;
  readonly path: string;
}

/** A target in a temporary folder. */
export async function createTarget(): Promise<TestTarget> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-target-')));
  const path = join(folder.path, 'target');
  await mkdir(path);
  const own = { dataDir: join(folder.path, 'data'), bucket: null };
  const s3 = { region: 'us-east-1', endpoint: null, credentials: null, caBundle: null };
  const { target } = await openTarget({ kind: 'folder', name: path, path }, { own, s3, mode: 'make' });
  stack.use(target);
  const held = stack.move();
  return { target, path, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** The key of a service's erasures. */
export const KEY = 'e5'.repeat(32);

export const erasureOf = (userId: string, key = KEY) => ({
  id: newImageId(),
  userHash: userHashOf(key, userId),
  imageIds: [],
  erasedAt: NOW,
  blockedUntil: later(60),
});

/** `secret`: as with --with-secret. */
export const backUp = (
  services: SoleArchiveServices,
  { target, path }: TestTarget,
  secret?: string,
): Promise<MadeBackup> => makeBackup(services, { target, spoolFolder: `${path}-spool`, version: '0.0.0', secret });

/** As the command does. `more`: of a file of erasures. */
export async function restoreFrom(
  { target }: Pick<TestTarget, 'target'>,
  services: SoleArchiveServices,
  input: Partial<RestoreInput> = {},
  more: readonly KeyedErasure[] = [],
  { eagerPresets = [] }: Partial<Pick<Settings, 'eagerPresets'>> = {},
) {
  const backup = input.backup ?? (await openBackup(target, undefined));
  const erased = createErased();
  async function* erasures(): AsyncGenerator<KeyedErasure> {
    yield* more;
    yield* readErasures(target);
  }
  const report = await restoreBackup(
    { ...services, filters: createFilterNames(services), settings: { eagerPresets, countsUsage: true } },
    { backup, scope: { of: 'all' }, erased, erasures, ...input },
  );
  return { report, backup, erased };
}

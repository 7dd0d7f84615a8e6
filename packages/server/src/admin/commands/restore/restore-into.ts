import { createErased, type Erased } from '../../../domain/user/erased.ts';
import { createFilterNames } from '../../../records/coordination/filter-names.ts';
import type { SoleArchiveServices } from '../../../run/compose/archive.ts';
import { type RestoreReport, type RestoreScope, restoreBackup } from '../../backups/restore-backup.ts';
import { inBytes, onTerminal } from '../backup/words.ts';
import type { Start } from '../command.ts';
import type { Source } from './open-source.ts';

interface RestoreOptions {
  readonly source: Source;
  readonly scope: RestoreScope;
  /** The settings of the place. */
  readonly start: Start;
  readonly signal: AbortSignal;
}

/** Restores into composed stores, and tells how far it is. */
export async function restoreInto(
  services: SoleArchiveServices,
  { source: { backup, erasures }, scope, start, signal }: RestoreOptions,
): Promise<{ readonly report: RestoreReport; readonly erased: Erased }> {
  const erased = createErased();
  const { eagerPresets, quotas } = start.config;
  const { counts } = backup.manifest;
  const report = await restoreBackup(
    { ...services, filters: createFilterNames(services), settings: { eagerPresets, countsUsage: quotas !== null } },
    {
      backup,
      scope,
      erased,
      erasures,
      secret: start.secrets.secretKeys === null ? await backup.secret() : undefined,
      signal,
      onProgress: onTerminal(
        ({ images, alreadyThere, bytes }) =>
          `${images + alreadyThere} of ${counts.images} images are there (${inBytes(bytes)} copied now)`,
      ),
    },
  );
  return { report, erased };
}

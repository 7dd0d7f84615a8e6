import type { SoleArchiveServices } from '../../../compose/archive.ts';
import { createErased, type Erased } from '../../../domain/user/erased.ts';
import {
  type RestoreCounts,
  type RestoreReport,
  type RestoreScope,
  restoreBackup,
} from '../../../operations/backups/restore-backup.ts';
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
  const report = await restoreBackup(
    { ...services, settings: { eagerPresets, countsUsage: quotas !== null } },
    {
      backup,
      scope,
      erased,
      erasures,
      secret: start.secrets.secretKeys === null ? await backup.secret() : undefined,
      signal,
      onProgress: createProgress(backup.manifest.counts.images),
    },
  );
  return { report, erased };
}

const TOLD_EVERY_MS = 5_000;

function createProgress(all: number): (counts: RestoreCounts) => void {
  let toldAt = performance.now();
  return ({ images, alreadyThere }) => {
    if (performance.now() - toldAt < TOLD_EVERY_MS) return;
    toldAt = performance.now();
    console.error(`restored ${images + alreadyThere} of ${all} images`);
  };
}

import { mkdtempDisposable, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../../domain/errors.ts';
import { composeArchive, composeSoleArchive } from '../../../run/compose/archive.ts';
import { checkRestored } from '../../backups/check-restored.ts';
import type { OpenedBackup } from '../../backups/open-backup.ts';
import { printJson, type Start } from '../command.ts';
import { stopSignal } from '../stop-signal.ts';
import { openSource, type Source, type SourceOptions } from './open-source.ts';
import { reportJson, reportText } from './report.ts';
import { restoreInto } from './restore-into.ts';

/** Records, their indexes and the WAL: for each image less than that. */
const BYTES_PER_RECORD = 16_384;

/** `npm run admin -- restore TARGET --drill`: nothing of the service is touched, and nothing remains. */
export async function drill(
  start: Start,
  {
    source: options,
    isJson,
    folder: parent = tmpdir(),
  }: { source: SourceOptions; isJson: boolean; folder?: string | undefined },
): Promise<void> {
  const { secrets, observe } = start;
  const signal = stopSignal();
  const begunAt = performance.now();
  await using source = await openSource(start, options);
  const { backup } = source;
  await requireSpace(parent, backup);
  await using folder = await mkdtempDisposable(join(parent, 'safelight-drill-'));
  const config = { ...start.config, dataDir: folder.path, s3: null, dynamodb: null, postgres: null, sqs: null };
  const { report, erased } = await restoreThere({ ...start, config }, source, signal);
  await using again = await composeArchive(config, secrets, { observe });
  const { intact, faults, faultCount } = await checkRestored(again.services, { backup, erased, signal });
  const found = [...report.damaged.map(({ id, detail }) => `image ${id}: ${detail}`), ...faults];
  const seconds = Math.round((performance.now() - begunAt) / 1_000);
  const count = report.damagedCount + faultCount;
  if (isJson) printJson({ ...reportJson(backup.manifest, report), intact, faults: found, fault_count: count, seconds });
  else {
    console.log(reportText(backup.manifest, report));
    for (const fault of found) console.log(`fault: ${fault}`);
    if (count > found.length) console.log(`and ${count - found.length} more faults`);
    const verdict = count === 0 ? 'The backup can be restored' : 'The backup can NOT be restored wholly';
    console.log(`${verdict}: ${intact} images were read back as they were; the drill took ${seconds} s`);
  }
  if (count > 0) process.exitCode = 1;
}

/** Closed again at its end: the check reads what is on the disk. */
async function restoreThere(place: Start, source: Source, signal: AbortSignal) {
  const { config, secrets, observe } = place;
  await using composition = await composeSoleArchive(config, secrets, { observe });
  return await restoreInto(composition.services, { source, scope: { of: 'all' }, start: place, signal });
}

async function requireSpace(folder: string, { manifest }: OpenedBackup): Promise<void> {
  const { bavail, bsize } = await statfs(folder).catch((cause: unknown) => {
    throw new AppError('unavailable', `expected a folder for the drill; got ${folder}, which can't be used`, { cause });
  });
  const free = bavail * bsize;
  const needed = manifest.originalBytes + manifest.counts.images * BYTES_PER_RECORD;
  if (free >= needed) return;
  const detail = `expected ${needed} free bytes in ${folder} for the drill; got ${free}: name another folder with --in`;
  throw new AppError('insufficient-storage', detail);
}

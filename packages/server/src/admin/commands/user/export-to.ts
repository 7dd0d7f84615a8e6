import { exportUser } from '../../../operations/users/export-user.ts';
import { DAMAGE_REMEDY } from '../../../records/sqlite/sqlite-error.ts';
import { composeArchive, requireService } from '../../../run/compose/archive.ts';
import type { Start } from '../command.ts';
import { stopSignal } from '../stop-signal.ts';
import { openExportFolder } from './export-folder.ts';

/** Beside a running service too. */
export async function exportTo(
  { config, secrets, observe }: Start,
  { userId, dir }: { readonly userId: string; readonly dir: string },
): Promise<void> {
  requireService(config);
  await using folder = await openExportFolder(dir);
  await using composition = await composeArchive(config, secrets, { observe });
  const report = await exportUser(composition.services, { userId, folder }, { signal: stopSignal() });
  for (const { id, detail } of report.faults) console.error(`The original of image ${id} is missing: ${detail}`);
  for (const fault of report.damage) console.error(`The export may lack records: ${fault}`);
  if (report.damage.length > 0) console.error(DAMAGE_REMEDY);
  console.log(`${report.images} images, ${report.originals} originals with ${report.bytes} bytes: ${dir}`);
  if (report.faults.length + report.damage.length > 0) process.exitCode = 1;
}

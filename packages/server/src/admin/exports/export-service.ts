import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onDisk } from '../../object-store/staging/file-fault.ts';
import { serviceOfKey } from '../../operations/imports/import-key.ts';
import type { Services } from '../../services.ts';
import { openExportFiles } from './export-folder.ts';
import {
  type ExportedImages,
  type ExportImagesOptions,
  type ExportImagesServices,
  exportImages,
} from './export-images.ts';
import { EXPORT_FORMAT, refused, requireOwnFolder, writeManifest } from './export-manifest.ts';
import { idsInExport } from './read-lines.ts';
import { writePages } from './write-pages.ts';

export interface ExportServiceServices extends ExportImagesServices, Pick<Services, 'clock' | 'newId'> {
  readonly erasures: Pick<Services['erasures'], 'key'>;
}

export interface ExportReport extends Omit<ExportedImages, 'paths' | 'users'> {
  readonly users: number;
  /** Originals of an earlier run whose images are gone, or have other bytes. */
  readonly removed: number;
}

/** Images of an earlier run of which one at least must be here. */
const MOST_ASKED = 100;

/**
 * Writes an export into a folder that is new, empty, or has an earlier export of the same service: then what is missing
 * is copied, and everything else is brought up to date. Errors: `unavailable` for another folder; those of the stores.
 */
export async function exportService(
  services: ExportServiceServices,
  dir: string,
  options: ExportImagesOptions,
): Promise<ExportReport> {
  const { clock, newId, erasures } = services;
  const { userId, signal } = options;
  const key = await erasures.key();
  const service = key === undefined ? null : serviceOfKey(key);
  await onDisk(mkdir(dir, { recursive: true, mode: 0o700 }));
  const before = await requireOwnFolder(dir, { service, userId });
  if (before && (before.service === null || service === null)) await requireKnown(services, dir);
  const at = clock.now();
  const begun = {
    format: 'safelight-export',
    version: EXPORT_FORMAT,
    export_id: before?.export_id ?? newId(),
    service,
    user_id: userId,
    started_at: at.toISOString(),
    finished_at: null,
    counts: null,
  } as const;
  await writeManifest(dir, begun);
  await using files = await openExportFiles(dir);
  const { paths, users, ...exported } = await exportImages(services, files, options);
  await onDisk(writePages(files.scratch, { months: files.months, users, at, signal }));
  const removed = await files.publish(paths);
  const { images, bytes, albums } = exported;
  const counts = { images, bytes, users: users.size, albums };
  await writeManifest(dir, { ...begun, finished_at: clock.now().toISOString(), counts });
  return { ...exported, users: users.size, removed };
}

/** A service that has no key yet knows itself by its images: the export of another one would lose all of its own. */
async function requireKnown({ images }: ExportImagesServices, dir: string): Promise<void> {
  let asked = 0;
  for await (const id of idsInExport(join(dir, 'images.ndjson'))) {
    if (await images.get(id)) return;
    asked += 1;
    if (asked === MOST_ASKED) break;
  }
  if (asked > 0) throw refused(dir, `one of which the first ${asked} images aren't in this service`);
}

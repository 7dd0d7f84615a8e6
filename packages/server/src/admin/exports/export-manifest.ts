import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { AppError } from '../../domain/errors.ts';
import { onDisk, unlessAbsent } from '../../object-store/staging/file-fault.ts';

/** The version of the files: one of a newer version is refused. */
export const EXPORT_FORMAT = 1;

export const MANIFEST = 'export.json';

const count = z.int().min(0);

const manifest = z.object({
  format: z.literal('safelight-export'),
  version: z.int().min(1),
  /** A UUID, which the folder keeps. */
  export_id: z.uuid(),
  /** Which service it is of; null: the service couldn't tell itself from others. */
  service: z.string().nullable(),
  /** The user whose images alone it has; null: it has those of all. */
  user_id: z.string().nullable(),
  started_at: z.iso.datetime(),
  /** null: it was interrupted, or is under way. */
  finished_at: z.iso.datetime().nullable(),
  counts: z.object({ images: count, bytes: count, users: count, albums: count }).nullable(),
});

export type ExportManifest = z.infer<typeof manifest>;

/** undefined: the folder has none. Errors: `unavailable` for one of a newer version, or of something else. */
export async function readManifest(dir: string): Promise<ExportManifest | undefined> {
  const text = await onDisk(unlessAbsent(readFile(join(dir, MANIFEST), 'utf8')));
  if (text === undefined) return undefined;
  const found = manifest.safeParse(jsonIn(text)).data;
  if (!found) throw refused(dir, `a file ${MANIFEST} of something else`);
  if (found.version > EXPORT_FORMAT)
    throw refused(dir, `one of format ${found.version}, which a newer version of the service reads`);
  return found;
}

export async function writeManifest(dir: string, written: ExportManifest): Promise<void> {
  const path = join(dir, MANIFEST);
  await onDisk(writeFile(`${path}.new`, `${JSON.stringify(written, null, 2)}\n`, { mode: 0o600 }));
  await onDisk(rename(`${path}.new`, path));
}

/**
 * The manifest of a folder that is new, empty, or has an export of the same service and scope. Errors: `unavailable`
 * for any other folder.
 */
export async function requireOwnFolder(
  dir: string,
  { service, userId }: { readonly service: string | null; readonly userId: string | null },
): Promise<ExportManifest | undefined> {
  const found = await readManifest(dir);
  if (!found) {
    const [first] = (await onDisk(readdir(dir))).filter((name) => name !== `${MANIFEST}.new`);
    if (first !== undefined) throw refused(dir, `one with ${first}`);
    return undefined;
  }
  if (found.user_id !== userId) throw refused(dir, `one of ${scopeOf(found.user_id)}, not of ${scopeOf(userId)}`);
  if (found.service !== null && service !== null && found.service !== service)
    throw refused(dir, 'one of another service');
  return found;
}

const scopeOf = (userId: string | null): string => (userId === null ? 'all users' : `user ${JSON.stringify(userId)}`);

export const refused = (dir: string, got: string): AppError =>
  new AppError('unavailable', `expected a new or empty folder, or an export to go on with, at ${dir}; got ${got}`);

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

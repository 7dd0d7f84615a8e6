import { z } from 'zod';
import { readText, type Target } from '../place/target.ts';
import { sealed, unsealed } from '../sealed.ts';
import { type BackupId, backupPath, parseBackupId } from './names.ts';

const count = z.int().min(0);
const time = z.iso.datetime();
const file = z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), sizeBytes: count }).readonly();

const manifest = z.strictObject({
  format: z.literal(1),
  id: z.string().refine((id) => parseBackupId(id) !== undefined, 'expected the id of a backup'),
  /** The version of the package that made the backup. */
  safelight: z.string(),
  /** When the records were read: every image acknowledged before is in it, unless it was deleted before `endedAt`. */
  recordsAt: time,
  endedAt: time,
  counts: z
    .strictObject({
      images: count,
      keys: count,
      limits: count,
      tokenCounts: count,
      erasures: count,
      /** Images that were deleted between `recordsAt` and the copy of their bytes. */
      leftOut: count,
      /** Images whose originals the service had lost, with no earlier backup that has them. */
      lost: count,
    })
    .readonly(),
  /** Bytes of the originals of all images, each as often as it has images. */
  originalBytes: count,
  files: z.strictObject({ 'records.jsonl': file, 'left-out.jsonl': file }).readonly(),
  /** Whether the service's secret is in the target (`--with-secret`). */
  hasSecret: z.boolean(),
});

/** A finished backup. `manifest.json` is written last, so that a backup without it doesn't exist yet. */
export type Manifest = Readonly<z.infer<typeof manifest>>;
export type ManifestCounts = Manifest['counts'];

export const manifestText = (one: Manifest): string => sealed(`${JSON.stringify(one, null, 2)}\n`);

/**
 * Undefined: there is no such backup, or it isn't finished. Errors: TypeError for a damaged one, or one of a newer
 * version.
 */
export async function readManifest(target: Target, id: BackupId): Promise<Manifest | undefined> {
  const text = await readText(target, backupPath(id, 'manifest.json'));
  return text === undefined ? undefined : manifestOf(text, id);
}

/** zod names each member that isn't known. */
const MAX_FAULT_LENGTH = 300;

function manifestOf(text: string, id: BackupId): Manifest {
  const json = unsealed(text);
  if (json === undefined)
    throw new TypeError(`expected the manifest of ${id} as it was written; got one that its own SHA-256 doesn't fit`);
  const { data, error } = manifest.safeParse(parsed(json));
  if (error) {
    const [first] = error.issues;
    const fault = `${first?.path.join('.')}: ${first?.message}`.slice(0, MAX_FAULT_LENGTH);
    throw new TypeError(`expected a manifest of format 1 for ${id}; got a fault in ${fault}`);
  }
  if (data.id !== id) throw new TypeError(`expected the manifest of ${id}; got the one of ${data.id}`);
  return data;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

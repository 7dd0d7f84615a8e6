import { z } from 'zod';
import { putText, readText, type Target } from '../place/target.ts';
import { sealed, unsealed } from '../sealed.ts';
import { type BackupId, backupPath } from './names.ts';

/**
 * Files beside a manifest, whose format they leave as it is: a version that doesn't know them restores the backup all
 * the same.
 */
const NOTES = {
  /** The database that was backed up is damaged: the backup has the records that could be read. */
  'damage.json': z.strictObject({ format: z.literal(1), faults: z.array(z.string()).readonly() }).readonly(),
  /**
   * How far the originals were read by this backup, and those before it: `readTo` is a place among the hashes, due at
   * this time.
   */
  'reading.json': z
    .strictObject({ format: z.literal(1), readTo: z.string().regex(/^[0-9a-f]{12}$/), at: z.iso.datetime() })
    .readonly(),
  /** The last verification of the backup. */
  'verified.json': z
    .strictObject({
      format: z.literal(1),
      /** A copy beside another backup says nothing of that one, which a prune would keep instead of the sound one. */
      backup: z.string(),
      at: z.iso.datetime(),
      /** Which originals of the target were read; the sizes of all originals were compared. */
      read: z.enum(['all', 'sample']),
      readObjects: z.int().min(0),
      /** Files of this backup, and originals that it names, which are missing or damaged; 0: the backup is sound. */
      faults: z.int().min(0),
      /** The SHA-256 of the first of these originals. */
      objects: z.array(z.string().regex(/^[0-9a-f]{64}$/)).readonly(),
    })
    .readonly(),
} as const;

export type NoteName = keyof typeof NOTES;
export type Note<Name extends NoteName> = z.infer<(typeof NOTES)[Name]>;

export const putNote = <Name extends NoteName>(
  target: Target,
  { id, name, note }: { readonly id: BackupId; readonly name: Name; readonly note: Note<Name> },
): Promise<void> => putText(target, backupPath(id, name), sealed(`${JSON.stringify(note)}\n`));

/** Undefined: there is none. Errors: TypeError for one that isn't as it was written, or is of a newer version. */
export async function readNote<Name extends NoteName>(
  target: Target,
  id: BackupId,
  name: Name,
): Promise<Note<Name> | undefined> {
  const text = await readText(target, backupPath(id, name));
  return text === undefined ? undefined : noteIn(text, { id, name });
}

/** Errors: those of `readNote`. */
export function noteIn<Name extends NoteName>(
  text: string,
  { id, name }: { readonly id: BackupId; readonly name: Name },
): Note<Name> {
  const json = unsealed(text);
  if (json === undefined) throw new TypeError(`expected ${name} as it was written; got other bytes`);
  const { data, error } = NOTES[name].safeParse(parsed(json));
  if (error) throw new TypeError(`expected ${name} of format 1; got a fault in ${error.issues[0]?.path.join('.')}`);
  if ('backup' in data && data.backup !== id)
    throw new TypeError(`expected ${name} of the backup ${id}; got the one of ${data.backup}`);
  return data as Note<Name>; // of the schema of that name
}

/** The seal shows damage only: a forged note may have any text. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

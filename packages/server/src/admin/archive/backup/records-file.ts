import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type ImageId, parseImageId } from '../../../domain/image/image-id.ts';
import type { ArchivedRecord } from '../../../records/archive/record-archive.ts';
import { recordLine, recordOf } from '../../../records/archive/record-json.ts';
import { linesOf, MAX_LINE_BYTES } from './lines.ts';
import type { BackupId } from './names.ts';

const unreadableRecord = z.strictObject({ id: z.string().transform(imageIdIn), detail: z.string() });

/**
 * `records.jsonl`: a first line about the file, a line for each record, and a last line that counts them, names those
 * of images that the service couldn't read, and has the SHA-256 of all bytes before it. So a file that was cut or
 * damaged is known without a manifest.
 */
const first = z.strictObject({ format: z.literal(1), backup: z.string(), recordsAt: z.iso.datetime() });
/** Without `unreadable` there is no unreadable record, as in backups that are older than this field. */
const last = z.strictObject({
  records: z.int().min(0),
  unreadable: z.array(unreadableRecord).optional(),
  sha256: z.string(),
});

/** The record of an image that the service couldn't read, and why. */
export type UnreadableRecord = z.infer<typeof unreadableRecord>;

export interface RecordsHead {
  readonly backup: BackupId;
  readonly recordsAt: string;
}

export interface RecordsWriter {
  /** The lines of these records. Errors: TypeError for one that no restore would read. */
  lines(records: readonly ArchivedRecord[]): string;
  /** The last line, once. */
  end(unreadable: readonly UnreadableRecord[]): string;
}

/** The text of the file, part by part. */
export function createRecordsWriter({ backup, recordsAt }: RecordsHead): RecordsWriter & { readonly head: string } {
  const sha256 = createHash('sha256');
  let records = 0;
  const counted = (text: string): string => {
    sha256.update(text);
    return text;
  };
  return {
    head: counted(`${JSON.stringify({ format: 1, backup, recordsAt } satisfies z.infer<typeof first>)}\n`),
    lines(added) {
      const text = added.map((one) => `${atMost(recordLine(one))}\n`).join('');
      records += added.length;
      return counted(text);
    },
    end(unreadable) {
      const named = unreadable.length > 0 && { unreadable };
      return `${JSON.stringify({ records, ...named, sha256: sha256.digest('hex') })}\n`;
    },
  };
}

function atMost(line: string): string {
  const bytes = Buffer.byteLength(line);
  if (bytes <= MAX_LINE_BYTES) return line;
  throw new TypeError(`expected a record of at most ${MAX_LINE_BYTES} bytes; got ${bytes}`);
}

export interface ReadRecord {
  readonly record: ArchivedRecord;
  /** Where its line is in the file. */
  readonly offset: number;
  readonly bytes: number;
}

/**
 * The records of a `records.jsonl`. Errors: TypeError for a file of another backup, of a newer version, or that isn't
 * as it was written; the last also at the end, so nothing read before counts until then.
 */
export async function* readRecords(
  source: AsyncIterable<Uint8Array>,
  {
    backup,
    onHead,
    onUnreadable,
  }: {
    readonly backup: BackupId;
    readonly onHead?: (head: RecordsHead) => void;
    readonly onUnreadable?: (unreadable: readonly UnreadableRecord[]) => void;
  },
): AsyncGenerator<ReadRecord> {
  const sha256 = createHash('sha256');
  let records = -1; // the first line is none
  let isEnded = false;
  for await (const { text, offset, bytes } of linesOf(source)) {
    if (isEnded) throw damaged(backup, 'more lines than its last line says');
    if (isLast(text)) {
      const { data } = last.safeParse(parsed(text));
      if (!data || data.records !== records || data.sha256 !== sha256.digest('hex'))
        throw damaged(backup, 'lines that its last line does not fit');
      onUnreadable?.(data.unreadable ?? []);
      isEnded = true;
      continue;
    }
    sha256.update(`${text}\n`);
    records += 1;
    if (records === 0) onHead?.(headOf(text, backup));
    else yield { record: recordOf(text), offset, bytes };
  }
  if (!isEnded) throw damaged(backup, 'a file that was cut');
}

/** Each other line has a format first. */
const isLast = (text: string): boolean => text.startsWith('{"records":');

function headOf(text: string, backup: BackupId): RecordsHead {
  const { data, error } = first.safeParse(parsed(text));
  if (error) throw damaged(backup, 'another first line, maybe of a newer Safelight');
  if (data.backup !== backup) throw damaged(backup, `those of ${data.backup}`);
  return data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function imageIdIn(text: string, { addIssue }: z.RefinementCtx): ImageId {
  const id = parseImageId(text);
  if (id !== undefined) return id;
  addIssue({ code: 'custom' });
  return z.NEVER;
}

const damaged = (backup: BackupId, got: string): TypeError =>
  new TypeError(`expected the records of the backup ${backup} as they were written; got ${got}`);

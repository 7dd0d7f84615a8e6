import { constants, lstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type BeginOptions, partCount, partLength } from '../multipart.ts';
import { unlessAbsent } from '../staging/file-fault.ts';

/*
 * An unfinished upload has two files: its bytes, in the places that they have in the object, and `.arrived`: one line
 * with the sizes, then one digit for each part. A part's 1 is written once its bytes are durable.
 */

export type PartSizes = Pick<BeginOptions, 'sizeBytes' | 'partBytes' | 'checksums'>;

/** An upload that was found on the disk. */
export interface FoundUpload extends PartSizes {
  /** The numbers of the parts that are there. */
  readonly received: readonly number[];
  /** The position of the part's digit in `.arrived`. */
  markAt(number: number): number;
}

export const ARRIVED = '.arrived';
export const HERE = Buffer.from('1');
export const MISSING = Buffer.from('0');

const FORM = /^(\d{1,16}) (\d{1,16}) (sha256|none)\n([01]+)$/;

/** Content of `.arrived` before any part is there. */
export const nothingArrived = (sizes: PartSizes): string =>
  `${sizes.sizeBytes} ${sizes.partBytes} ${sizes.checksums ? 'sha256' : 'none'}\n${'0'.repeat(partCount(sizes))}`;

const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * The upload with these bytes; undefined if a file is missing, or not as `begin` left it. A file with another name is
 * an object, to which nobody may write: a power cut may leave both names of a rename.
 */
export async function findUpload(dataPath: string): Promise<FoundUpload | undefined> {
  const text = await unlessAbsent(readFile(`${dataPath}${ARRIVED}`, { encoding: 'latin1', flag: FLAGS }));
  const [, size = '', part = '', digest, marks = ''] = FORM.exec(text ?? '') ?? [];
  const sizes = { sizeBytes: Number(size), partBytes: Number(part), checksums: digest === 'sha256' };
  const stats = lstatSync(dataPath, { throwIfNoEntry: false });
  if (text === undefined || marks === '' || marks.length !== partCount(sizes)) return undefined;
  if (!stats?.isFile() || stats.nlink > 1) return undefined;
  const isHere = (number: number): boolean =>
    marks[number - 1] === '1' && (number - 1) * sizes.partBytes + partLength(sizes, number) <= stats.size;
  return {
    ...sizes,
    received: Array.from(marks, (_, index) => index + 1).filter(isHere),
    markAt: (number) => text.length - marks.length + number - 1,
  };
}

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';

/** A file in a zip, as its central directory describes it. */
export interface ZipEntry {
  readonly name: string;
  /** The file's mode in Unix, with the kind of file. */
  readonly mode: number;
  /** The time of day and the date in MS-DOS's form. */
  readonly time: number;
  readonly bytes: Buffer;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const DEFLATED = 8;

/**
 * The files of a zip without comment, encryption and 64-bit sizes. Errors: for another zip, and one with damaged files.
 */
export async function readZip(file: string | Buffer): Promise<ZipEntry[]> {
  const zip = typeof file === 'string' ? await readFile(file) : file;
  const end = zip.length - 22;
  if (zip.readUInt32LE(end) !== END) throw new Error('expected a zip without a comment');
  const entries: ZipEntry[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (zip.readUInt32LE(at) !== CENTRAL) throw new Error('expected an entry of the central directory');
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const stored = zip.subarray(start, start + zip.readUInt32LE(at + 20));
    const bytes = zip.readUInt16LE(at + 10) === DEFLATED ? inflateRawSync(stored) : stored;
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
    if (crc32(bytes) !== zip.readUInt32LE(at + 16)) throw new Error(`expected ${name} as it was zipped`);
    entries.push({ name, mode: zip.readUInt32LE(at + 38) >>> 16, time: zip.readUInt32LE(at + 12), bytes });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
}

/** As Lambda unpacks the code of a function. */
export async function unzip(path: string, folder: string): Promise<void> {
  for (const { name, bytes, mode } of await readZip(path)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes, { mode: mode & 0o777 });
  }
}

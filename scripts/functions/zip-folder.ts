import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** The attributes of every file: the zip depends on the content alone, not on when, by whom and where it was built. */
const FIXED = {
  mtime: new Date(1980, 0, 1), // local, as zips are: the same in every zone
  forceDosTimestamp: true,
  mode: 0o100644,
};

export interface Zip {
  readonly bytes: number;
  /** In hexadecimal digits. Lambda shows it in base64, as CodeSha256. */
  readonly sha256: string;
}

/** Writes a zip of all files in a folder. The same files give the same bytes. */
export async function zipFolder(folder: string, path: string): Promise<Zip> {
  const zip = new ZipFile();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const names = files.map((file) => file.slice(folder.length + 1).replaceAll('\\', '/'));
  for (const name of names.toSorted()) zip.addBuffer(await readFile(join(folder, name)), name, FIXED);
  zip.end();
  const hash = createHash('sha256');
  let bytes = 0;
  const counted = new PassThrough().on('data', (chunk: Buffer) => {
    hash.update(chunk);
    bytes += chunk.length;
  });
  await pipeline(zip.outputStream, counted, createWriteStream(path));
  return { bytes, sha256: hash.digest('hex') };
}

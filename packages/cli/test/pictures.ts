import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { blackPng, chunk } from '../../../test/pictures/png-bytes.ts';

/** A tiny image whose bytes differ from every other one's. */
export const picture = (text: string | number): Buffer =>
  blackPng({ width: 8, height: 8 }, [chunk('tEXt', Buffer.from(`Title\0${text}`, 'latin1'))]);

/** A file of the folder, with the folders that it needs. */
export async function put(folder: string, name: string, bytes: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return path;
}

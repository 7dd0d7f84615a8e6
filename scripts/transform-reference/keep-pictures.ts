import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import type { PictureFiles } from './document.ts';
import { isAlike } from './likeness.ts';
import type { PictureFile } from './pictures.ts';

/** Writes the files that differ, and removes leftovers. Other files stay unchanged. */
export async function keepPictures(folder: string, pictures: readonly PictureFile[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const wanted = new Set(pictures.map(({ file }) => file));
  const leftOver = (await readdir(folder)).filter((file) => !wanted.has(file));
  await Promise.all(leftOver.map((file) => rm(join(folder, file))));
  for (const { file, bytes } of pictures) {
    const kept = await readFile(join(folder, file)).catch(() => null);
    if (kept === null || !(await isAlike(kept, bytes))) await writeFile(join(folder, file), bytes);
  }
}

export async function keptPictures(folder: string): Promise<PictureFiles> {
  const files = await readdir(folder).catch(() => []);
  const sized = files.map(async (file) => {
    const { size: sizeBytes } = await stat(join(folder, file));
    return [parse(file).name, { file, sizeBytes }] as const;
  });
  return new Map(await Promise.all(sized));
}

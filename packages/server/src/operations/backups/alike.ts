import { GROUPS } from '../../archive/backup/names.ts';
import type { StoredImage } from '../../domain/image/image.ts';
import type { SpooledRecords } from './spool-records.ts';

/** Images with the same bytes, which are one file in the target. */
export type Alike = readonly [StoredImage, ...StoredImage[]];

/** Those of a group of objects: memory holds one group. */
export async function alikeIn(records: SpooledRecords, group: number): Promise<readonly Alike[]> {
  const found = new Map<string, [StoredImage, ...StoredImage[]]>();
  for await (const image of records.images(group)) {
    const alike = found.get(image.sha256);
    if (alike) alike.push(image);
    else found.set(image.sha256, [image]);
  }
  return [...found.values()];
}

export async function* allAlike(records: SpooledRecords): AsyncGenerator<Alike> {
  for (const group of GROUPS) yield* await alikeIn(records, group);
}

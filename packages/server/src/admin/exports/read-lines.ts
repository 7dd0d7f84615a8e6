import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { type ImageId, parseImageId } from '../../domain/image/image-id.ts';
import { unlessAbsent } from '../../object-store/staging/file-fault.ts';
import { linesOf } from '../archive/backup/lines.ts';

/** The values of a file of JSON lines; none if there is no file. A line that isn't JSON is undefined. */
export async function* valuesOf(path: string): AsyncGenerator<unknown> {
  if (!(await unlessAbsent(lstat(path)))?.isFile()) return;
  for await (const { text } of linesOf(createReadStream(path))) yield jsonIn(text);
}

/** The ids in the lines of an export. */
export async function* idsInExport(path: string): AsyncGenerator<ImageId> {
  for await (const value of valuesOf(path)) {
    const { id }: { id?: unknown } = Object(value);
    const imageId = typeof id === 'string' ? parseImageId(id) : undefined;
    if (imageId !== undefined) yield imageId;
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

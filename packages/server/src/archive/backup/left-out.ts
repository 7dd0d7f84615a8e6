import { z } from 'zod';
import { type ImageId, parseImageId } from '../../domain/image/image-id.ts';
import { linesOf } from './lines.ts';

/** `left-out.jsonl`: an image id a line, of records whose bytes the backup doesn't have. */
const line = z.strictObject({ id: z.string() });

export const leftOutText = (ids: readonly ImageId[]): string =>
  ids.map((id) => `${JSON.stringify({ id } satisfies z.infer<typeof line>)}\n`).join('');

/** Errors: TypeError for a file that isn't as it was written. */
export async function readLeftOut(source: AsyncIterable<Uint8Array>): Promise<ReadonlySet<ImageId>> {
  const ids = new Set<ImageId>();
  for await (const { text } of linesOf(source)) {
    const id = parseImageId(idIn(text) ?? '');
    if (id === undefined) throw new TypeError('expected the id of an image that was left out; got another line');
    ids.add(id);
  }
  return ids;
}

function idIn(text: string): string | undefined {
  try {
    return line.safeParse(JSON.parse(text)).data?.id;
  } catch {
    return undefined;
  }
}

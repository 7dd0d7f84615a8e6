import { z } from 'zod';
import { type ImageId, parseImageId } from '../../domain/image/image-id.ts';
import { linesOf } from './lines.ts';

/**
 * Why a backup doesn't have the bytes of a record: its image was deleted since the record was read, or the service had lost its original
 * (missing, other bytes, or not to be read). Of `unreadable-record` it doesn't have the record either: the service couldn't read it.
 */
export type WhyLeftOut = z.infer<typeof why>;

const why = z.enum(['deleted', 'missing', 'damaged', 'unreadable', 'unreadable-record']);

/** `left-out.jsonl`: a line for each. */
const line = z.strictObject({ id: z.string(), why });

export type LeftOut = ReadonlyMap<ImageId, WhyLeftOut>;

export const leftOutText = (leftOut: LeftOut): string =>
  [...leftOut]
    .map(([id, reason]) => `${JSON.stringify({ id, why: reason } satisfies z.infer<typeof line>)}\n`)
    .join('');

/** Errors: TypeError for a file that isn't as it was written. */
export async function readLeftOut(source: AsyncIterable<Uint8Array>): Promise<LeftOut> {
  const leftOut = new Map<ImageId, WhyLeftOut>();
  for await (const { text } of linesOf(source)) {
    const read = lineIn(text);
    const id = parseImageId(read?.id ?? '');
    if (!read || id === undefined)
      throw new TypeError('expected an image that was left out, and why; got another line');
    leftOut.set(id, read.why);
  }
  return leftOut;
}

function lineIn(text: string): z.infer<typeof line> | undefined {
  try {
    return line.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

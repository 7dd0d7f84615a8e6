import { z } from 'zod';
import { type ImageId, parseImageId } from '../../../domain/image/image-id.ts';
import { createFingerprints } from '../../../text/fingerprints.ts';
import { linesOf } from './lines.ts';

/**
 * Why a backup doesn't have the bytes of a record: its image was deleted since the record was read, or the service had
 * lost its original (missing, other bytes, or not to be read). Of `unreadable-record` it doesn't have the record
 * either: the service couldn't read it.
 */
export type WhyLeftOut = z.infer<typeof why>;

const why = z.enum(['deleted', 'missing', 'damaged', 'unreadable', 'unreadable-record']);

/** `left-out.jsonl`: a line for each. */
const line = z.strictObject({ id: z.string(), why });

/** Images by their ids, 8 bytes each. */
export interface LeftOut {
  get(id: ImageId): WhyLeftOut | undefined;
  has(id: ImageId): boolean;
  /** Those whose records aren't in the backup either. */
  readonly unreadable: readonly ImageId[];
}

export const leftOutText = (leftOut: ReadonlyMap<ImageId, WhyLeftOut>): string =>
  [...leftOut]
    .map(([id, reason]) => `${JSON.stringify({ id, why: reason } satisfies z.infer<typeof line>)}\n`)
    .join('');

/** Errors: TypeError for a file that isn't as it was written. */
export async function* leftOutLines(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly id: ImageId; readonly why: WhyLeftOut }> {
  for await (const { text } of linesOf(source)) {
    const read = lineIn(text);
    const id = parseImageId(read?.id ?? '');
    if (!read || id === undefined)
      throw new TypeError('expected an image that was left out, and why; got another line');
    yield { id, why: read.why };
  }
}

/** A backup with more is refused: 64 MB of them. */
const MAX_LEFT_OUT = 8_000_000;
/** A backup has a hundred at most. */
const MAX_UNREADABLE = 1_000;

/** Reads the list of left-out users and images of a backup. */
export async function readLeftOut(source: AsyncIterable<Uint8Array>): Promise<LeftOut> {
  const ids = new Map(why.options.map((one) => [one, createFingerprints()]));
  const unreadable: ImageId[] = [];
  let count = 0;
  for await (const one of leftOutLines(source)) {
    ids.get(one.why)?.add(one.id);
    count += 1;
    if (one.why === 'unreadable-record') unreadable.push(one.id);
    if (count > MAX_LEFT_OUT || unreadable.length > MAX_UNREADABLE)
      throw new TypeError(
        `expected at most ${MAX_LEFT_OUT} images that were left out, and ${MAX_UNREADABLE} without their records; got more`,
      );
  }
  const get = (id: ImageId): WhyLeftOut | undefined => why.options.find((one) => ids.get(one)?.has(id));
  return { get, has: (id) => get(id) !== undefined, unreadable };
}

function lineIn(text: string): z.infer<typeof line> | undefined {
  try {
    return line.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

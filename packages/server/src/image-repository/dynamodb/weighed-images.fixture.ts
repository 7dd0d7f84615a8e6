import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { PendingImage } from '../../domain/image/image.ts';
import { firstIdAt, type ImageId } from '../../domain/image/image-id.ts';
import { NOW, samplePending, samplePublished } from '../sample-images.fixture.ts';
import { type Item, itemOf } from './image-item.ts';

/** In the examples of docs/operations.md: whose images they are, and what the record of a ready one weighs. */
export const OWNER = 'photographer';
const READY_BYTES = 720;
const WRITE_ID = '0'.repeat(36);
/** An image without one hasn't the attribute. */
const DESCRIPTION_BYTES = 'description'.length;

/** The image number `n` of a table: made a second after the one before it, in the next shard. */
export const idOf = (n: number): ImageId => {
  const made = firstIdAt(new Date(NOW.getTime() - DAY_MS + n * 1_000));
  return `${made.slice(0, -SHARD_DIGITS)}${n.toString(16).padStart(SHARD_DIGITS, '0')}` as ImageId;
};

const DAY_MS = 86_400_000;
/** The shard is taken from so many. */
const SHARD_DIGITS = 8;

/** Pending, of the weight that makes a ready image of `READY_BYTES` of it. */
export function weighedPending(fields: Partial<PendingImage>): PendingImage {
  const bare = samplePending({ userId: OWNER, ...fields });
  const record = itemOf(samplePublished(bare), { placement: { shard: 1, hasGlobalFacets: true }, writeId: WRITE_ID });
  const missing = READY_BYTES - DESCRIPTION_BYTES - bytesOf(record);
  if (missing < 1) throw new Error(`expected a record of ${READY_BYTES} bytes at most; got ${-missing} more`);
  return { ...bare, description: 'd'.repeat(missing) };
}

/** As DynamoDB counts ("DynamoDB item sizes and formats", Amazon DynamoDB Developer Guide). */
export const bytesOf = (item: Item): number =>
  Object.entries(item).reduce((bytes, [name, value]) => bytes + Buffer.byteLength(name) + bytesOfValue(value), 0);

function bytesOfValue({ S, N, BOOL, L }: AttributeValue): number {
  if (S !== undefined) return Buffer.byteLength(S);
  if (N !== undefined) return Math.ceil(N.length / 2) + 1;
  if (BOOL !== undefined) return 1;
  if (L !== undefined) return L.reduce((bytes, value) => bytes + 1 + bytesOfValue(value), 3);
  throw new Error('expected a text, number, flag or list');
}

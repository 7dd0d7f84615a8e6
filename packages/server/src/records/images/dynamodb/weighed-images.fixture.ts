import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { PendingImage, ReadyImage } from '../../../domain/image/image.ts';
import { firstIdAt, type ImageId } from '../../../domain/image/image-id.ts';
import { monthOf } from '../../../domain/lists/months.ts';
import type { Item } from '../../dynamodb/item.ts';
import { countedText } from '../../usage/dynamodb/month-item.ts';
import { NOW, samplePending, samplePublished } from '../sample-images.fixture.ts';
import { itemOf } from './image-item.ts';

/** The owner of the images and the size of a ready record, in the examples of docs/capacity.md. */
export const OWNER = 'photographer';
const READY_BYTES = 802;
const WRITE_ID = '0'.repeat(36);
/** An image without a description does not have the attribute. */
const DESCRIPTION_BYTES = 'description'.length;

/** The id of image number `n` of a table: created a second after the one before it, in the next shard. */
export const idOf = (n: number): ImageId => {
  const made = firstIdAt(new Date(NOW.getTime() - DAY_MS + n * 1_000));
  return `${made.slice(0, -SHARD_DIGITS)}${n.toString(16).padStart(SHARD_DIGITS, '0')}` as ImageId;
};

const DAY_MS = 86_400_000;
/** The last digits of an id, from which the shard is computed. */
const SHARD_DIGITS = 8;

/** A pending image whose record has `READY_BYTES` once it is ready. */
export function weighedPending(fields: Partial<PendingImage>): PendingImage {
  const bare = samplePending({ userId: OWNER, ...fields });
  const missing = READY_BYTES - DESCRIPTION_BYTES - bytesOf(recordOf(samplePublished(bare)));
  if (missing < 1) throw new Error(`expected a record of ${READY_BYTES} bytes at most; got ${-missing} more`);
  return { ...bare, description: 'd'.repeat(missing) };
}

/** As a table has it whose images are counted by month. */
export const recordOf = (image: ReadyImage): Item =>
  itemOf(image, {
    placement: { shard: 1, hasGlobalFacets: true },
    writeId: WRITE_ID,
    counted: countedText([1], monthOf(image)),
  });

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

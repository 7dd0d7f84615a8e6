import { type HeldImage, type Image, next, type Place, type Reading, type ReadyImage, type Verified } from './image.ts';
import { isReplacementKey } from './object-key.ts';

/** Whether `to` has the bytes of another upload than `from`, which was served too. */
export const isReplacement = (from: Image, to: Image): boolean =>
  from.status === 'ready' && to.status === 'ready' && from.objectKey !== to.objectKey && isReplacementKey(to.objectKey);

/** How long requests that began before a replacement may read the former bytes, and what was made of them. */
export const FORMER_MS = 60_000;

/** How long the last bytes before a replacement stay: a backup that has their record takes hours to copy them. */
const LAST_FORMER_MS = 86_400_000;

/** When the last bytes before may be removed. */
export const lastFormerEndsAt = ({ uploadedAt }: Pick<ReadyImage, 'uploadedAt'>): Date =>
  new Date(uploadedAt.getTime() + LAST_FORMER_MS);

/**
 * The picture with the bytes of the upload, which were verified and have passed all gates, at their new place. What was
 * said about the picture stays; what was measured, made or counted of its former bytes doesn't.
 */
export const withBytesOf = (
  image: ReadyImage,
  upload: HeldImage,
  { maintainAt, at, ...place }: Place & Pick<ReadyImage, 'maintainAt'> & { readonly at: Date },
): ReadyImage => ({
  ...image,
  ...next(image, at),
  ...place,
  ...bytesOf(upload),
  uploadedAt: at,
  decisions: upload.decisions,
  focalPoint: null,
  maintainAt,
  renditionFailures: [],
  workingCopy: null,
});

const bytesOf = ({
  contentType,
  sizeBytes,
  sha256,
  width,
  height,
  placeholder,
  dominantColor,
  facts,
  hasDetails,
}: HeldImage): Verified & Reading => ({
  contentType,
  sizeBytes,
  sha256,
  width,
  height,
  placeholder,
  dominantColor,
  facts,
  hasDetails,
});

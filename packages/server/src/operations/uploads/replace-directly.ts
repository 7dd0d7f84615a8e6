import { knowsAllOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import type { HeldImage, ReadyImage } from '../../domain/image/image.ts';
import type { Services } from '../../services.ts';
import { requireReady } from '../images/read-image.ts';
import { requireRevision } from '../images/require-revision.ts';
import { changeableImage } from '../images/visible-image.ts';
import { replacing, replacingOf } from './replaceable.ts';
import { type StoreDirectUploadInput, storeDirectUpload } from './store-direct-upload.ts';

export interface PictureToReplace {
  readonly id: string;
  /** undefined: any. */
  readonly expectedRevisions: readonly number[] | undefined;
}

export type ReplaceDirectlyInput = PictureToReplace &
  Pick<StoreDirectUploadInput, 'contentType' | 'file' | 'idempotencyKey' | 'client'>;

/**
 * Errors: `missing-scope`, `image-not-found`, `forbidden`, `image-not-ready`, `revision-conflict`. An upload token that
 * fixes another image is told `image-not-found`.
 */
export async function pictureToReplace(
  services: Pick<Services, 'images'>,
  access: Access,
  { id, expectedRevisions }: PictureToReplace,
): Promise<ReadyImage> {
  const picture = requireReady(await changeableImage(services, replacing(access), id));
  requireRevision(picture, expectedRevisions);
  return picture;
}

/**
 * Verifies the file and puts its bytes in the place of the picture's. Answers the picture; the upload if a gate hasn't
 * decided about it yet. Errors: those of `pictureToReplace` and of `storeDirectUpload`.
 */
export async function replaceDirectly(
  services: Parameters<typeof storeDirectUpload>[0],
  access: Access,
  { id, expectedRevisions, ...input }: ReplaceDirectlyInput,
): Promise<ReadyImage | HeldImage> {
  const picture = await pictureToReplace(services, access, { id, expectedRevisions });
  const acting = { ...access, named: picture.userId };
  const stored = await storeDirectUpload(services, acting, { ...input, ...replacingOf(picture) });
  if (stored.status === 'ready' || stored.status === 'held') return stored;
  const current = await pictureToReplace(services, access, { id, expectedRevisions: undefined });
  if (knowsAllOf(access, current)) return current; // a repeated request, whose upload has ended
  throw new AppError('revision-conflict', 'expected the picture with the bytes of this request; got one with others');
}

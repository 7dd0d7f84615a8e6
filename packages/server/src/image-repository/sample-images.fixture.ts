import { v7 } from 'uuid';
import { type PendingImage, publish, type ReadyImage } from '../domain/image.ts';
import { type ImageId, parseImageId } from '../domain/image-id.ts';
import type { MediaType } from '../domain/media-type.ts';
import { originalKey } from '../domain/object-key.ts';
import type { ImageRepository } from './image-repository.ts';

export const NOW = new Date('2026-11-20T12:00:00.000Z');

export const newImageId = (createdAt: Date = NOW): ImageId => {
  const id = parseImageId(v7({ msecs: createdAt.getTime() }));
  if (id === undefined) throw new Error('uuid made no UUID');
  return id;
};

export const samplePending = (fields: Partial<PendingImage> = {}): PendingImage => ({
  id: newImageId(),
  userId: 'ada',
  filename: 'ada.jpg',
  tags: [],
  description: null,
  metadata: {},
  updatedAt: NOW,
  revision: 1,
  status: 'pending',
  contentType: 'image/jpeg',
  expiresAt: new Date(NOW.getTime() + 900_000),
  claim: null,
  isDirect: false,
  ...fields,
});

export const samplePublished = (pending: PendingImage, contentType: MediaType = 'image/jpeg'): ReadyImage =>
  publish(
    pending,
    { contentType, sizeBytes: 1_234, sha256: 'ab'.repeat(32), width: 640, height: 480, placeholder: 'aGFzaA==' },
    originalKey(pending, 'attempt'),
    NOW,
  );

export interface Listed {
  readonly userId?: string;
  readonly tags?: readonly string[];
  readonly contentType?: MediaType;
  readonly createdAt?: Date;
  readonly id?: ImageId;
}

/** Creates an image and makes it ready. */
export async function addReady(images: ImageRepository, listed: Listed = {}): Promise<ReadyImage> {
  const { userId = 'ada', tags = [], contentType = 'image/jpeg', createdAt = NOW, id = newImageId(createdAt) } = listed;
  const pending = samplePending({ id, userId, tags });
  const ready = samplePublished(pending, contentType);
  if (!(await images.create(pending))) throw new Error(`id ${pending.id} is taken`);
  if (!(await images.replace(pending, ready))) throw new Error(`image ${pending.id} changed`);
  return ready;
}

import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import type { TokenUse } from '../../domain/access/upload-token.ts';
import { hold } from '../../domain/image/hold.ts';
import {
  expire,
  type HeldImage,
  type Image,
  type PendingImage,
  publish,
  type ReadyImage,
  reject,
  type Status,
  trash,
  type Verified,
} from '../../domain/image/image.ts';
import { type ImageId, parseImageId } from '../../domain/image/image-id.ts';
import { MEDIA_TYPES, type MediaType } from '../../domain/image/media-type.ts';
import { originalKey } from '../../domain/image/object-key.ts';
import type { Screening } from '../../domain/image/screening.ts';
import { newLinkId, type ShareLink } from '../../domain/image/share-link.ts';
import type { ImageRepository, KeyUse } from './image-repository.ts';

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
  visibility: 'private',
  externalId: null,
  focalPoint: null,
  albums: [],
  formerId: null,
  uploadedBy: null,
  guestName: null,
  token: null,
  epoch: 0,
  updatedAt: NOW,
  revision: 1,
  status: 'pending',
  contentType: 'image/jpeg',
  expiresAt: new Date(NOW.getTime() + 900_000),
  claim: null,
  isDirect: false,
  lookAt: new Date(NOW.getTime() + 1_800_000),
  crashes: 0,
  promised: { sizeBytes: null, sha256: null },
  reservedBytes: 0,
  fetchFrom: null,
  parts: null,
  replaces: null,
  gates: [],
  decisions: [],
  trace: null,
  ...fields,
});

const sampleVerified = (contentType: MediaType): Verified => ({
  contentType,
  sizeBytes: 1_234,
  sha256: 'ab'.repeat(32),
  width: 640,
  height: 480,
  placeholder: 'aGFzaA==',
  dominantColor: '#336699',
});

export const samplePublished = (
  pending: PendingImage,
  contentType: MediaType = 'image/jpeg',
  filteredBy: readonly string[] = [],
): ReadyImage =>
  publish(pending, sampleVerified(contentType), {
    objectKey: originalKey(pending, 'attempt'),
    objectTag: null,
    maintainAt: null,
    filteredBy,
    facts: null,
    hasDetails: false,
    at: NOW,
  });

/** An image that a first gate passed, and that waits for a second one. */
export const sampleHeld = (
  pending: PendingImage,
  contentType: MediaType = 'image/jpeg',
  screening: Partial<Screening> = {},
): HeldImage =>
  hold(pending, sampleVerified(contentType), {
    objectKey: originalKey(pending, 'attempt'),
    objectTag: null,
    screening: {
      gates: ['first', 'second'],
      passed: ['first'],
      failures: 2,
      askAt: new Date(NOW.getTime() + 60_000),
      deadline: new Date(NOW.getTime() + 86_400_000),
      atDeadline: 'refuse',
      ...screening,
    },
    facts: null,
    hasDetails: false,
    decisions: [{ gate: 'first', by: 'gate', verdict: 'pass', at: NOW, privateReason: null }],
    at: NOW,
  });

/** A later state of a pending image for each status that lists know. */
export function sampleSettled(
  pending: PendingImage,
  status: 'ready',
  filteredBy?: readonly string[] | undefined,
): ReadyImage;
export function sampleSettled(
  pending: PendingImage,
  status: ListedStatus,
  filteredBy?: readonly string[] | undefined,
): Image;
export function sampleSettled(
  pending: PendingImage,
  status: ListedStatus,
  filteredBy: readonly string[] | undefined = [],
): Image {
  switch (status) {
    case 'pending':
      return pending;
    case 'ready':
      return samplePublished(
        pending,
        MEDIA_TYPES.find((type) => type === pending.contentType),
        filteredBy,
      );
    case 'held':
      return sampleHeld(
        pending,
        MEDIA_TYPES.find((type) => type === pending.contentType),
      );
    case 'trashed':
      return trash(sampleSettled(pending, 'ready'), NOW, new Date(NOW.getTime() + 30 * 86_400_000));
    case 'rejected':
      return reject(pending, { code: 'empty-upload', detail: 'no bytes' }, NOW);
    case 'expired':
      return expire(pending, NOW);
  }
}

export type ListedStatus = Exclude<Status, 'deleted'>;

export const sampleKeyUse = (fields: Partial<KeyUse> = {}): KeyUse => ({
  userId: 'ada',
  key: 'upload 1',
  fingerprint: 'cd'.repeat(32),
  imageId: newImageId(),
  leaseUntil: new Date(NOW.getTime() + 30_000),
  expiresAt: new Date(NOW.getTime() + 86_400_000),
  ...fields,
});

export const sampleTokenUse = (fields: Partial<TokenUse> = {}): TokenUse => ({
  tokenId: randomBytes(16).toString('base64url'),
  maxImages: 1,
  forgetAt: new Date(NOW.getTime() + 86_400_000),
  ...fields,
});

export const sampleLink = (fields: Partial<ShareLink> = {}): ShareLink => ({
  id: newLinkId(randomBytes),
  preset: 'thumb',
  createdAt: NOW,
  expiresAt: new Date(NOW.getTime() + 604_800_000),
  ...fields,
});

export interface Listed {
  readonly userId?: string;
  readonly tags?: readonly string[];
  readonly contentType?: MediaType;
  readonly createdAt?: Date;
  readonly metadata?: ReadyImage['metadata'];
  readonly filteredBy?: readonly string[];
  readonly albums?: PendingImage['albums'];
  readonly id?: ImageId;
}

/** Creates an image and makes it ready. */
export async function addReady(images: ImageRepository, listed: Listed = {}): Promise<ReadyImage> {
  const { contentType = 'image/jpeg', createdAt = NOW, id = newImageId(createdAt), filteredBy, ...fields } = listed;
  const pending = samplePending({ id, ...fields });
  const ready = samplePublished(pending, contentType, filteredBy);
  await add(images, pending, ready);
  return ready;
}

/** Creates an image and brings it to a status. */
export async function addSettled(
  images: ImageRepository,
  status: ListedStatus,
  { contentType = 'image/jpeg', createdAt = NOW, id = newImageId(createdAt), filteredBy, ...fields }: Listed = {},
): Promise<Image> {
  const pending = samplePending({ id, contentType, ...fields });
  const settled = sampleSettled(pending, status, filteredBy);
  await add(images, pending, settled);
  return settled;
}

async function add(images: ImageRepository, pending: PendingImage, settled: Image): Promise<void> {
  if (!(await images.create(pending))) throw new Error(`id ${pending.id} is taken`);
  if (settled === pending) return;
  const before = settled.status === 'trashed' ? sampleSettled(pending, 'ready') : pending;
  if (before !== pending && !(await images.replace(pending, before))) throw new Error(`image ${pending.id} changed`);
  if (!(await images.replace(before, settled))) throw new Error(`image ${pending.id} changed`);
}

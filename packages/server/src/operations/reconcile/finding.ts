import type { Album } from '../../domain/album/album.ts';
import type { StoredImage } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import type { WorkingCopy } from '../../domain/image/working-copy.ts';
import type { StatusCounts } from '../../domain/usage/status-counts.ts';
import type { Usage } from '../../domain/usage/usage.ts';
import type { UnfinishedUpload } from '../../object-store/multipart.ts';

interface OfOriginal {
  readonly image: StoredImage;
}

interface OfCopy extends OfOriginal {
  readonly copy: WorkingCopy;
}

interface OfObject {
  readonly key: ObjectKey;
  readonly imageId: ImageId;
}

/** One way in which records, objects and what is derived from them don't agree. */
export type Finding =
  | ({ readonly kind: 'original-missing' } & OfOriginal)
  | ({ readonly kind: 'original-size'; readonly got: number } & OfOriginal)
  | ({ readonly kind: 'original-hash'; readonly got: string } & OfOriginal)
  | ({ readonly kind: 'original-tag'; readonly got: string } & OfOriginal)
  | ({ readonly kind: 'copy-missing' } & OfCopy)
  | ({ readonly kind: 'copy-size'; readonly got: number } & OfCopy)
  | ({ readonly kind: 'copy-hash'; readonly got: string } & OfCopy)
  | ({ readonly kind: OrphanKind } & OfObject)
  | ({ readonly kind: 'upload-abandoned' } & OfObject & UnfinishedUpload)
  | { readonly kind: 'usage'; readonly userId: string; readonly expected: Usage; readonly got: Usage }
  | { readonly kind: 'counts'; readonly userId: string; readonly expected: StatusCounts; readonly got: StatusCounts }
  | { readonly kind: 'album-count'; readonly album: Album; readonly expected: number; readonly got: number }
  | { readonly kind: 'unreadable-record'; readonly imageId: ImageId; readonly reason: string }
  | { readonly kind: 'damaged-database'; readonly reason: string };

export const ORPHAN_KINDS = [
  'original-without-record',
  'rendition-without-original',
  'copy-without-original',
  'upload-without-record',
  'original-of-ended',
  'rendition-of-ended',
  'copy-of-ended',
  'original-superseded',
  'copy-superseded',
] as const;
export type OrphanKind = (typeof ORPHAN_KINDS)[number];

export type FindingKind = Finding['kind'];
/** About a record and the objects that it names. */
export type ImageFinding = Extract<Finding, { readonly image: StoredImage }>;
/** About an object that no record names. */
export type ObjectFinding = Extract<Finding, { readonly kind: OrphanKind }>;
/** About an upload in parts that no record of a pending image names. */
export type UploadFinding = Extract<Finding, { readonly kind: 'upload-abandoned' }>;
/** The bytes are lost: mending deletes the image. */
export const isLost = ({ kind }: ImageFinding): boolean =>
  kind === 'original-missing' || kind === 'original-size' || kind === 'original-hash';

/** About what is counted of a user. */
export type UsageFinding = Extract<Finding, { readonly userId: string }>;
export type CountsFinding = Extract<Finding, { readonly kind: 'counts' }>;

/** A sentence or two: what was expected, what is there, and what mending does. No text of a client is in it. */
export function explain(finding: Finding): string {
  switch (finding.kind) {
    case 'original-missing':
      return `${stored(finding)}; got none. ${LOST}`;
    case 'original-size':
      return `${stored(finding)}, of ${finding.image.sizeBytes} bytes; got ${finding.got} bytes. ${LOST}`;
    case 'original-hash':
      return `${stored(finding)}, with the SHA-256 ${finding.image.sha256}; got ${finding.got}. ${LOST}`;
    case 'original-tag':
      return `${stored(finding)}, with the entity tag ${finding.image.objectTag}; got ${finding.got} with the same bytes, as in a copied bucket. Mending records the tag.`;
    case 'copy-missing':
      return `${copied(finding)}; got none. ${REMADE}`;
    case 'copy-size':
      return `${copied(finding)}, of ${finding.copy.sizeBytes} bytes; got ${finding.got} bytes. ${REMADE}`;
    case 'copy-hash':
      return `${copied(finding)}; got bytes with the SHA-256 ${finding.got}. ${REMADE}`;
    case 'original-without-record':
    case 'rendition-without-original':
    case 'copy-without-original':
    case 'upload-without-record':
      return `expected a record of image ${finding.imageId}, which ${finding.key} belongs to; got none for more than 40 days. ${REMOVED}`;
    case 'original-of-ended':
    case 'rendition-of-ended':
    case 'copy-of-ended':
      return `expected no object of image ${finding.imageId}, which is over; got ${finding.key}. ${REMOVED}`;
    case 'original-superseded':
    case 'copy-superseded':
      return `expected only the object that the record of image ${finding.imageId} names; got also ${finding.key}, of another attempt. ${REMOVED}`;
    case 'upload-abandoned':
      return `expected the record of image ${finding.imageId} to name the upload in parts ${finding.uploadId} of ${finding.key}, begun at ${finding.begunAt.toISOString()}; got another state of it. Mending removes its parts.`;
    case 'usage':
      return `expected the usage of user ${JSON.stringify(finding.userId)} to be what the records add up to, ${JSON.stringify(finding.expected)}; got ${JSON.stringify(finding.got)}. Mending counts all users anew.`;
    case 'counts':
      return `expected the images by status of user ${JSON.stringify(finding.userId)} to be those of the records, ${JSON.stringify(finding.expected)}; got ${JSON.stringify(finding.got)}. Mending counts all users anew.`;
    case 'album-count':
      return `expected album ${finding.album.id} to say how many images it has, ${finding.expected}; got ${finding.got}. Mending counts them.`;
    case 'unreadable-record':
      return `expected a record of image ${finding.imageId} that this version reads; got one with a fault: ${finding.reason}. Start the version that wrote it, or restore it from a backup. Mending leaves it, and usage is not compared while there is one.`;
    case 'damaged-database':
      return `expected a sound database; got another one: ${finding.reason}. See docs/runbook.md, "A damaged database". Nothing is mended, and usage is not compared.`;
  }
}

const stored = ({ image }: OfOriginal): string =>
  `expected the bytes of ${image.status} image ${image.id} at ${image.objectKey}`;
const copied = ({ image, copy }: OfCopy): string =>
  `expected a working copy of image ${image.id} with the SHA-256 ${copy.sha256}`;

const LOST = 'Bring the bytes back from a backup; mending deletes the image.';
const REMADE =
  'Mending removes the copy from the record: renditions are made from the original, and a new copy is made.';
const REMOVED = 'Mending removes the object.';
